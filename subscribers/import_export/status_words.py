"""
The status of a person in the words that many products use, and the columns that contain them.

The most serious status of a row counts. An unknown word never makes a person active.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping

from subscribers.model import SubscriptionState
from subscribers.suppression.model import SuppressionReason


class RowStatus(enum.StrEnum):
    """
    The statuses, the most serious last. UNKNOWN is a word not listed here, NO_CONSENT a contact who
    never agreed.
    """

    ACTIVE = "active"
    PENDING = "pending"
    UNKNOWN = "unknown"
    NO_CONSENT = "no_consent"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"


_S = RowStatus
SEVERITY: Mapping[RowStatus, int] = {status: place for place, status in enumerate(RowStatus)}

# In the languages of the pages of readers.
_WORDS_OF: Mapping[RowStatus, str] = {
    _S.ACTIVE: "active subscribed regular premium gifted trialed churned confirmed optedin "
    "aktiv abonniert bestätigt actif abonné inscrit confirmé activo suscrito confirmado attivo "
    "iscritto actief ingeschreven ativo inscrito aktywny aktywna zapisany активен активный "
    "подписан "
    "активний підписаний aktif etkin abone نشط فعال مشترك פעיל רשום 有効 購読中 配信中 有效 "
    "已订阅 正常",
    # "inactive" means unconfirmed in Kit, unsubscribed in beehiiv: the more serious meaning counts.
    _S.PENDING: "pending unconfirmed unactivated validating needsattention enabled notconfirmed "
    "ausstehend unbestätigt nichtbestätigt enattente nonconfirmé pendiente noconfirmado inattesa "
    "pendente oczekuje niepotwierdzony ожидает неподтвержден очікує непідтверджений beklemede "
    "onaybekliyor بانتظارالتأكيد ממתין 未確認 仮登録 待确认 未确认",
    _S.NO_CONSENT: "nonsubscribed nonmarketing transactional contact neversubscribed noconsent "
    "archived",
    _S.UNSUBSCRIBED: "unsubscribed inactive cancelled canceled optedout optout removed ended left "
    "abgemeldet inaktiv désabonné désinscrit inactif baja dadodebaja desuscrito inactivo cancelado "
    "desabonne desinscrit abbestellt gekündigt storniert annulé résilié anulado cancellato "
    "annullato geannuleerd opgezegd descadastrado removido eliminado disiscritto inattivo "
    "uitgeschreven afgemeld inactief inativo nieaktywny nieaktywna wypisany wypisana zrezygnował "
    "неактивен неактивный отписан отписался отключен неактивний відписаний відписався "
    "вимкнено pasif "
    "ayrıldı abonelikiptal iptaledildi غيرنشط ملغى غيرمشترك לאפעיל הוסר 無効 退会 解除 "
    "配信停止 購読解除 "
    "无效 退订 已退订 取消订阅 停用 已停用",
    _S.SUPPRESSED: "suppressed blocklisted blacklisted blocked disabled donotcontact donotemail "
    "gesperrt blockiert bloqué bloqueado bloccato geblokkeerd zablokowany заблокирован "
    "заблокований "
    "engelli engellendi محظور חסום 送信禁止 ブロック 屏蔽 黑名单 suspended banned onhold",
    _S.BOUNCED: "bounced cleaned undeliverable unreachable invalid hardbounce hardbounced bounce "
    "unzustellbar недоставляемый 不達 退信",
    _S.COMPLAINED: "complained junk spam spamreport complaint abuse",
    _S.ERASED: "erased deleted forgotten",
}
WORDS = {word: status for status, words in _WORDS_OF.items() for word in words.split()}

STATUS_WORD_COLUMNS = frozenset(
    {
        "status",
        "subscriptionstatus",
        "emailstatus",
        "subscriberstatus",
        "memberstatus",
        "mailstatus",
        "subscribertype",
        "emailmarketingstatus",
        "marketingstatus",
        "contactstatus",
    }
)
# The column of our file of rows with errors that has what the file of a row says about everybody.
STATUS_OF_FILE = "status_of_file"

_YES_WORDS = (
    "yes y true t 1 x ja wahr oui vrai si sí verdadero sì vero sim verdadeiro waar on tak "
    "prawda да "
    "д истина так evet doğru kyllä ano igen نعم כן はい 是 真"
)
_NO_WORDS = (
    "no n false f 0 nein falsch non faux falso nee onwaar não nao off nie fałsz нет н ложь "
    "ні hayır "
    "hayir yanlış ei nej ikke nem  لا לא いいえ 否 假"
)
YES, NO = frozenset(_YES_WORDS.split()), frozenset(_NO_WORDS.split())

# What "no" in the column means; "yes" means active.
IF_NO: Mapping[str, RowStatus] = {
    "optin": _S.UNSUBSCRIBED,
    "optedin": _S.UNSUBSCRIBED,
    "subscribe": _S.UNSUBSCRIBED,
    "subscribed": _S.UNSUBSCRIBED,
    "subscribedtoemails": _S.UNSUBSCRIBED,
    "newsletter": _S.UNSUBSCRIBED,
    "acceptsmarketing": _S.UNSUBSCRIBED,
    "acceptsemailmarketing": _S.UNSUBSCRIBED,
    "confirmed": _S.PENDING,
    "isthissubscriberconfirmed": _S.PENDING,
}
# What "yes" in the column means.
IF_YES: Mapping[str, RowStatus] = {
    "emaildisabled": _S.UNSUBSCRIBED,
    "unsubscribed": _S.UNSUBSCRIBED,
    "optedout": _S.UNSUBSCRIBED,
    "optout": _S.UNSUBSCRIBED,
    "hasoptedoutofemail": _S.UNSUBSCRIBED,
    "unsubscribedfromallemail": _S.UNSUBSCRIBED,
    "portalunsubscribe": _S.UNSUBSCRIBED,
    "isthisaccountdisabled": _S.SUPPRESSED,
    "isthissubscriberblacklisted": _S.SUPPRESSED,
    "blacklisted": _S.SUPPRESSED,
    "blocklisted": _S.SUPPRESSED,
    "emailblacklisted": _S.SUPPRESSED,
    "emailblocklisted": _S.SUPPRESSED,
    "disabled": _S.SUPPRESSED,
    "donotcontact": _S.SUPPRESSED,
    "donotemail": _S.SUPPRESSED,
    "bounced": _S.BOUNCED,
    "portalbounce": _S.BOUNCED,
    "globalbounce": _S.BOUNCED,
    "hardbounce": _S.BOUNCED,
    "invalid": _S.BOUNCED,
    "portalspamreport": _S.COMPLAINED,
    "complained": _S.COMPLAINED,
    "complaint": _S.COMPLAINED,
    "spam": _S.COMPLAINED,
    "deleted": _S.ERASED,
}
# Columns that contain a time; any value means that it happened.
IF_FILLED: Mapping[str, RowStatus] = {
    "unsubscribedat": _S.UNSUBSCRIBED,
    "unsubtime": _S.UNSUBSCRIBED,
    "unsubdate": _S.UNSUBSCRIBED,
    "unsubscribereason": _S.UNSUBSCRIBED,
    "unsubscriptiondate": _S.UNSUBSCRIBED,
    "optedoutat": _S.UNSUBSCRIBED,
    "cleantime": _S.BOUNCED,
    "bouncedat": _S.BOUNCED,
    "bouncereason": _S.BOUNCED,
    "deletedat": _S.ERASED,
}


_STORED_AS: Mapping[str, RowStatus] = {
    SubscriptionState.ACTIVE: _S.ACTIVE,
    SubscriptionState.PENDING: _S.PENDING,
    SubscriptionState.ENDED: _S.UNSUBSCRIBED,
    SuppressionReason.BOUNCE: _S.BOUNCED,
    SuppressionReason.COMPLAINT: _S.COMPLAINED,
}


def stored_status(state: str, suppressed: str | None) -> RowStatus:
    """
    Return the status of somebody in that state of a subscription; a suppression takes precedence.
    """
    return _STORED_AS.get(suppressed, _S.SUPPRESSED) if suppressed else _STORED_AS[state]


def plain(text: str) -> str:
    """
    Normalise *text* to lower case without spaces and punctuation, to compare columns and statuses.
    """
    return re.sub(r"[\W_]+", "", text.casefold())
