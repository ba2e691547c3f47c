"""
What columns are called that say whether somebody may be emailed, in the 15 languages of the pages
of readers, and what their cells mean.

A table of data: `generic_columns` reads the columns by it. Headings are compared without case,
spaces and punctuation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from subscribers.import_export.products.status_columns import CellMeaning, IfFilled, YesOrNo
from subscribers.import_export.status_words import RowStatus, plain

_S = RowStatus
Headings = Mapping[str, str]

# "Yes" means that somebody may be emailed, "no" that they may not.
_ON: Headings = {
    "en": "active; is active; active?; active subscriber; enabled; activated; is enabled; "
    "email enabled; "
    "emails enabled; receive emails; receives emails; receive email; receives email; "
    "receive newsletter; receives newsletter; receive mail; get emails; gets emails; wants email; "
    "wants emails; wants mail; wants newsletter; send email; send emails; send newsletter; "
    "can email; may email; can be emailed; may be emailed; email allowed; email ok; ok to email; "
    "email permission; accepts email; accepts emails; allow email; allow emails; mailable; "
    "emailable; contactable; reachable; is subscribed; is subscriber; still subscribed; "
    "mailing active; marketing emails; email opt in; on mailing list; in mailing list",
    "de": "aktiv; ist aktiv; abonniert; aktiviert; empfängt E-Mails; empfängt Newsletter; "
    "erhält E-Mails; erhält Newsletter; möchte E-Mails; möchte Newsletter; will Newsletter; "
    "Newsletter aktiv; Newsletter erwünscht; Newsletter-Empfang; E-Mail erlaubt; Mail erlaubt; "
    "E-Mail-Versand; Werbung erlaubt; im Verteiler; angemeldet",
    "fr": "actif; active; abonné; activé; est actif; est abonné; reçoit les emails; "
    "reçoit la newsletter; recevoir les emails; accepte les emails; accepte la newsletter; "
    "souhaite recevoir; inscrit; emails autorisés",
    "es": "activo; activa; está activo; suscrito; habilitado; recibe correos; recibe emails; "
    "recibir correos; recibe boletín; quiere correos; acepta correos; boletín activo; "
    "correo permitido",
    "it": "attivo; attiva; è attivo; iscritto; abilitato; riceve email; riceve newsletter; "
    "ricevere email; vuole email; accetta email; newsletter attiva; email consentita",
    "nl": "actief; is actief; ingeschreven; ingeschakeld; ontvangt e-mail; ontvangt e-mails; "
    "ontvangt nieuwsbrief; wil e-mail; wil nieuwsbrief; nieuwsbrief; e-mail toegestaan; aangemeld",
    "pt": "ativo; ativa; está ativo; inscrito; habilitado; recebe emails; recebe newsletter; "
    "receber emails; quer emails; aceita emails; e-mail permitido; subscrito",
    "pl": "aktywny; aktywna; aktywne; czy aktywny; zapisany; subskrybuje; włączony; "
    "otrzymuje e-maile; otrzymuje newsletter; chce e-maile; chce newsletter; zgoda na e-mail",
    "ru": "активен; активный; активна; подписан; подписана; включен; получает письма; "
    "получает рассылку; хочет письма; рассылка; разрешено писать",
    "uk": "активний; активна; підписаний; підписана; увімкнено; отримує листи; "
    "отримує розсилку; хоче листи; розсилка",
    "tr": "aktif; aktif mi; etkin; abone; abone mi; e-posta alıyor; bülten alıyor; "
    "e-posta istiyor; bülten; e-posta izni",
    "ar": "نشط; فعال; مفعل; مشترك; يستقبل الرسائل; يريد الرسائل; النشرة البريدية",
    "he": "פעיל; פעילה; רשום; מנוי; מקבל מיילים; רוצה מיילים; ניוזלטר",
    "ja": "有効; アクティブ; 配信; 配信可; 配信希望; メール受信; メール配信; 購読; 購読中; 登録中",
    "zh": "有效; 活跃; 启用; 已启用; 已订阅; 订阅; 是否订阅; 是否有效; 接收邮件; 愿意接收邮件",
}  # fmt: skip
# "Yes", or when it was, means that somebody left.
_LEFT: Headings = {
    "en": "inactive; is inactive; deactivated; is deactivated; not active; cancelled; canceled; "
    "has left; left list; on hold; hold; paused; is paused; muted; no email; no emails; no mail; "
    "no newsletter; no bulk emails; no bulk emails user opt out; opted out of email; "
    "email opt out; email optout; global opt out; stop emails; do not send; do not mail; removed; "
    "is removed; email off; emails off; unsubscribe; unsub; has unsubscribed; is unsubscribed; "
    "no marketing; unsubscribe all; email unsubscribed; terminated; resigned",
    "de": "inaktiv; ist inaktiv; deaktiviert; abbestellt; gekündigt; storniert; ausgetragen; "
    "pausiert; kein Newsletter; keine E-Mails; keine Mails; keine Werbung; nicht anschreiben; "
    "Widerspruch; Widerruf; ausgetreten; inaktiviert; stillgelegt; hat abbestellt",
    "fr": "inactif; est inactif; désactivé; désinscrit; désinscrite; désabonné; désabonnée; "
    "résilié; radié; ne pas envoyer; pas d'emails; pas de newsletter; en pause; opposition",
    "es": "inactivo; está inactivo; desactivado; dado de baja; baja; cancelado; anulado; "
    "no enviar; sin correos; en pausa; desuscrito; eliminado",
    "it": "inattivo; è inattivo; disattivato; disiscritto; cancellato; annullato; non inviare; "
    "nessuna email; in pausa; revocato",
    "nl": "inactief; is inactief; gedeactiveerd; uitgeschreven; afgemeld; opgezegd; "
    "niet mailen; geen e-mail; geen nieuwsbrief; gepauzeerd; geannuleerd",
    "pt": "inativo; está inativo; desativado; descadastrado; cancelado; anulado; não enviar; "
    "sem emails; em pausa; removido",
    "pl": "nieaktywny; nieaktywna; dezaktywowany; wypisany; wypisana; zrezygnował; anulowany; "
    "nie wysyłać; bez e-maili; wstrzymany; rezygnacja",
    "ru": "неактивен; неактивный; отключен; отписан; отписана; отписался; отписка; удалён; "
    "не отправлять; не писать; приостановлен; отказ",
    "uk": "неактивний; неактивна; вимкнено; відписаний; відписана; відписався; видалений; "
    "не надсилати; призупинено; відмова",
    "tr": "pasif; devre dışı; abonelikten çıktı; iptal; iptal edildi; gönderme; "
    "e-posta istemiyor; durduruldu; ayrıldı",
    "ar": "غير نشط; معطل; ألغى الاشتراك; غير مشترك; لا ترسل; متوقف; منسحب",
    "he": "לא פעיל; מושבת; הוסר; הסיר עצמו; לא לשלוח; מושהה; ביטל מנוי",
    "ja": "無効; 退会; 退会済み; 解除; 解除済み; 配信停止; 配信不可; 購読解除; 停止; 休止",
    "zh": "无效; 停用; 已停用; 禁用; 退订; 已退订; 取消订阅; 已取消; 不再接收; 不要发送",
}  # fmt: skip
# "Yes" means that somebody must not be mailed.
_SUPPRESSED: Headings = {
    "en": "blocked; is blocked; banned; is banned; dnc; do not contact flag; do not email flag; "
    "do not disturb; suppressed; is suppressed; suppression; suppressions; email suppressions; "
    "suppression list; email suppressed; email blocked; blacklist; blocklist; denylist; "
    "suspended; is suspended; on suppression list; excluded; opt out list; robinson list",
    "de": "gesperrt; ist gesperrt; blockiert; Sperre; Sperrvermerk; Werbesperre; Mailsperre; "
    "Kontaktsperre; auf Sperrliste; Robinsonliste; Sperrkennzeichen; Versandsperre",
    "fr": "bloqué; bloquée; suspendu; exclu; liste noire; liste rouge; ne pas contacter",
    "es": "bloqueado; bloqueada; suspendido; excluido; lista negra; no contactar",
    "it": "bloccato; bloccata; sospeso; escluso; lista nera; non contattare",
    "nl": "geblokkeerd; geschorst; uitgesloten; zwarte lijst; niet contacteren",
    "pt": "bloqueado; bloqueada; suspenso; excluído; lista negra; não contatar",
    "pl": "zablokowany; zablokowana; zawieszony; wykluczony; czarna lista; nie kontaktować",
    "ru": "заблокирован; заблокирована; исключён; чёрный список; не беспокоить",
    "uk": "заблокований; заблокована; виключений; чорний список; не турбувати",
    "tr": "engelli; engellendi; yasaklı; kara liste; askıda",
    "ar": "محظور; موقوف; القائمة السوداء; لا تتصل",
    "he": "חסום; חסומה; מושעה; רשימה שחורה",
    "ja": "ブロック; ブロック済み; 送信禁止; ブラックリスト; 除外",
    "zh": "已屏蔽; 屏蔽; 黑名单; 拉黑; 封禁; 已封禁",
}
# "Yes", or a reason, means that mail came back.
_BOUNCED: Headings = {
    "en": "has bounced; is bounced; bounce; hard bounced; undeliverable; is undeliverable; "
    "invalid email; email invalid; bad email; bad address; on hold bounce; dead address",
    "de": "unzustellbar; nicht zustellbar; Adresse ungültig; E-Mail ungültig; Rückläufer",
    "fr": "invalide; email invalide; rejeté; non distribuable",
    "es": "inválido; correo inválido; rebotado; rebote",
    "it": "non valida; email non valida; rimbalzato",
    "nl": "ongeldig; onbestelbaar; gebounced",
    "pt": "inválido; email inválido; devolvido",
    "pl": "nieprawidłowy; niedoręczalny; odbity",
    "ru": "недействителен; недоставляемый; возврат",
    "uk": "недійсний; повернено",
    "tr": "geçersiz; teslim edilemedi",
    "ar": "غير صالح; مرتد",
    "he": "לא תקין; חזר",
    "ja": "不達; 配信エラー; 宛先不明",
    "zh": "退信; 无法送达; 邮箱无效",
}
# A time means that somebody left then.
_LEFT_AT: Headings = {
    "en": "unsubscribed on; unsubscribe date; unsubscription time; unsubscribe time; date left; "
    "left at; left on; cancelled at; canceled at; cancellation date; opt out date; opt out time; "
    "optout date; opted out on; deactivated at; deactivation date; inactive since; removed at; "
    "removed on; date removed; date unsubscribed; date of unsubscription; blocked at; "
    "suppressed at; suppressed on; suppression date; email suppressions timestamp; paused at",
    "de": "Abmeldedatum; abgemeldet am; Abmeldung; Abmeldung am; Abmeldezeitpunkt; abbestellt am; "
    "gekündigt am; Kündigungsdatum; Austrittsdatum; ausgetreten am; deaktiviert am; gesperrt am; "
    "Widerrufsdatum; widerrufen am; Austragedatum; inaktiv seit",
    "fr": "date de désinscription; désinscrit le; désabonné le; date de désabonnement; "
    "date de résiliation; date de sortie; désactivé le",
    "es": "fecha de baja; baja el; fecha de cancelación; fecha baja; desactivado el",
    "it": "data di disiscrizione; data disiscrizione; disiscritto il; cancellato il; "
    "data cancellazione; data di cancellazione",
    "nl": "uitschrijfdatum; uitgeschreven op; afmelddatum; afgemeld op; opgezegd op; datum "
    "afmelding",
    "pt": "data de cancelamento; data de descadastro; cancelado em; descadastrado em; "
    "data de saída",
    "pl": "data wypisania; data rezygnacji; wypisany dnia; data wypisu; data dezaktywacji",
    "ru": "дата отписки; дата отключения; отписан с; дата удаления",
    "uk": "дата відписки; дата вимкнення; дата видалення",
    "tr": "ayrılma tarihi; iptal tarihi; abonelikten çıkma tarihi; abonelik iptal tarihi",
    "ar": "تاريخ إلغاء الاشتراك; تاريخ الإلغاء",
    "he": "תאריך הסרה; תאריך ביטול; הוסר בתאריך",
    "ja": "退会日; 解除日; 配信停止日; 購読解除日; 停止日",
    "zh": "退订日期; 退订时间; 取消日期; 取消订阅日期; 停用日期",
}  # fmt: skip
# "No" means that somebody has not confirmed.
_CONFIRMED: Headings = {
    "en": "is confirmed; email confirmed; confirmed email; double opt in; doi confirmed",
    "de": "bestätigt; ist bestätigt; DOI bestätigt",
    "fr": "confirmé; confirmée",
    "es": "confirmado; confirmada",
    "it": "confermato; confermata",
    "nl": "bevestigd",
    "pt": "confirmado; confirmada",
    "pl": "potwierdzony; potwierdzona",
    "ru": "подтверждён; подтвержден",
    "uk": "підтверджено; підтверджений",
    "tr": "onaylandı; onaylı",
    "ar": "مؤكد",
    "he": "מאושר",
    "ja": "確認済み; 承認済み",
    "zh": "已确认; 已验证",
}
# The cells may be a day in the past or the future, or mean something else: a person has to say.
_UNSURE: Headings = {
    "en": "subscription end date; subscription end; subscribed until; end date; expires; "
    "expires at; expired; expiry date; expiration date; valid until; subscription expires",
    "de": "Abo-Ende; Aboende; Enddatum; gültig bis; läuft ab; Ablaufdatum; Abo bis; Ende",
    "fr": "date de fin; fin d'abonnement; expire le; date d'expiration",
    "es": "fecha de fin; fecha de finalización; fecha de vencimiento; caduca",
    "it": "data di fine; scadenza; data di scadenza",
    "nl": "einddatum; einde abonnement; verloopt op; vervaldatum",
    "pt": "data de término; data final; expira em",
    "pl": "data końca; data zakończenia; ważny do; wygasa",
    "ru": "дата окончания; истекает; действует до",
    "uk": "дата закінчення; діє до",
    "tr": "bitiş tarihi; son tarih",
    "ar": "تاريخ الانتهاء",
    "he": "תאריך סיום; בתוקף עד",
    "ja": "終了日; 有効期限",
    "zh": "结束日期; 到期日期; 有效期",
}


def _each(headings: Headings) -> Iterator[str]:
    for text in headings.values():
        # Upper case makes other letters of some Turkish ones.
        for written in (text, text.upper()):
            yield from filter(None, map(plain, written.split(";")))


STATE_HEADINGS: Mapping[str, CellMeaning] = {
    **dict.fromkeys(_each(_ON), YesOrNo(yes=_S.ACTIVE, no=_S.UNSUBSCRIBED, blank=_S.PENDING)),
    **dict.fromkeys(_each(_CONFIRMED), YesOrNo(yes=_S.ACTIVE, no=_S.PENDING, blank=_S.PENDING)),
    **dict.fromkeys(_each(_LEFT), YesOrNo(yes=_S.UNSUBSCRIBED)),
    **dict.fromkeys(_each(_SUPPRESSED), YesOrNo(yes=_S.SUPPRESSED)),
    **dict.fromkeys(_each(_BOUNCED), YesOrNo(yes=_S.BOUNCED)),
    **dict.fromkeys(_each(_LEFT_AT), IfFilled(_S.UNSUBSCRIBED)),
}
UNSURE_HEADINGS = frozenset(_each(_UNSURE))
