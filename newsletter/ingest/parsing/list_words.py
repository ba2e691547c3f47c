"""
The words by which `list_lines` recognises what a mailing list writes about itself, in the languages
of the product's own emails: Arabic, Chinese, Dutch, English, French, German, Hebrew, Italian,
Japanese, Polish, Portuguese, Russian, Spanish, Turkish, Ukrainian.
"""

from __future__ import annotations

import re

UNSUBSCRIBE = re.compile(
    r"unsubscrib|opt[ -]?out|(?:manage|update|change|edit|email|e-mail|subscription"
    r"|communication)(?: (?:your|my|e-?mail|subscription|newsletter"
    r"|notification)){0,3} (?:preferences|profile|settings|subscriptions?)|abbestell|abmeld"
    r"|austragen|newsletter-?einstellungen|(?:profil|einstellungen|daten) (?:ändern|aktualisieren"
    r"|verwalten|anpassen)|désabonn|désinscri|(?:gérer|modifier|mettre à jour) (?:vos|mes|votre"
    r"|mon) (?:préférences|profil|abonnement)|dar(?:me|se|te) de baja|(?:cancelar|anular|gestionar"
    r"|actualizar|editar|gerenciar|atualizar)(?: (?:la|mi|tu|su|a|sua|minha|o|seu|mis|tus|sus|as"
    r"|suas)){0,2} (?:suscripci|inscri|assinatura|subscri|preferencias|preferências|perfil)"
    r"|descadastr|(?:annulla|cancella|gestisci|aggiorna)\w{0,3} (?:l.|la |le |il |tue |tuo "
    r"|tua ){0,2}(?:iscrizion|preferenze|profilo|sottoscrizion)|disiscri|cancellati|afmeld"
    r"|uitschrijv|(?:wijzig|beheer)\w{0,2} (?:je |uw |jouw )?(?:voorkeur|profiel|gegevens"
    r"|inschrijving)|wypisz|wypisać|rezygn\w{1,6} z|zarządzaj (?:subskr|preferen)|отпис"
    r"|(?:настройк|управл)\w{1,5} (?:рассыл|подписк)|відпис|(?:керувати|налашт)\w{0,9} підписк"
    r"|abonelikten|aboneliğ\w{1,5} (?:iptal|sonlandır)|tercihlerini|إلغاء الاشتراك|تفضيلات|הסר(?:ה"
    r"|ת)? (?:מ|מרשימ)|להסרה|退订|取消订阅|退訂|取消訂閱|配信停止|購読.?(?:解除|停止|中止)"
    r"|登録解除|(?:配信|登録).{0,6}変更",
    re.IGNORECASE,
)
UNSUBSCRIBE_URL = re.compile(
    r"unsubscri|opt-?out(?:[/?.]|$)|list-manage\d?\.com/(?:unsub|profile|about|vcard)"
    r"|/(?:email-?)?(?:manage-?)?preferences?(?:[/?]|$)|manage-?(?:subscription|preferences|email)"
    r"|subscription-?(?:center|preferences|management)|[?&]action=unsub|/disable_email|/desabonn"
    r"|/abmeld|/uitschrij",
    re.IGNORECASE,
)
WEB_COPY = re.compile(
    r"browser|navegador|navigateur|przegląda|tarayıcı|браузер|المتصفح|דפדפן|浏览器|瀏覽器|ブラウザ"
    r"|web ?(?:version|versie)|online[ -]?version|version (?:en ligne|web)|versión (?:web|on|en l)"
    r"|versão (?:web|on)|versione (?:web|on)|wersj\w (?:on|internetow)|(?:онлайн|веб)-?\s?верс"
    r"|(?:view|read|see|open)(?: (?:this|the|it|e-?mail|message|newsletter|issue"
    r"|in)){0,4} (?:online|on the web|in (?:the )?app)|online (?:ansehen|lesen|anzeigen|bekijken"
    r"|lezen|oku)|lire en ligne|voir en ligne|leer en línea|ver (?:en línea|online)|ler online"
    r"|leggi online|czytaj online|читать онлайн|читати онлайн|网页版|網頁版|ウェブ版|web版",
    re.IGNORECASE,
)
FOOTER = re.compile(
    r"\W{0,9}(?:you(?:['’]re| are| have)? (?:currently )?(?:receiv|getting|subscribed|opted)"
    r"|this (?:e-?mail|message|newsletter|mailing) (?:was|is|has been) (?:sent|intended|delivered)"
    r"|our (?:mailing |postal )?address|want to change how|copyright|©|\(c\) ?\d{4}"
    r"|all rights reserved|(?:don['’]t|no longer) (?:want|wish)|sent (?:to|by|with) |powered by"
    r"|add us to your|(?:was this|did someone|forwarded? this|received this)\b.{0,40}(?:forward"
    r"|e-?mail|friend)|sie (?:erhalten|bekommen) diese|du (?:erhältst|bekommst) diese"
    r"|diese e-?mail wurde|unsere anschrift|impressum|vous recevez ce|cet e-?mail|notre adresse"
    r"|(?:has )?recib\w{1,4} este|este (?:correo|mensaje|e-?mail) (?:fue|ha|foi)"
    r"|(?:você )?(?:está )?receb\w{1,4} est|(?:hai |stai )?ricev\w{1,5} questa|questa e-?mail|(?:u"
    r"|je) ontvangt (?:deze|dit)|deze (?:e-?mail|nieuwsbrief) (?:is|werd)"
    r"|otrzyma?u?j\w{1,4} t[eęy]|otrzymał\w{1,3} t[eęy]|(?:вы )?получ\w{2,5} эт|это письмо"
    r"|(?:ви )?отрим\w{2,6} ц|цей лист|bu (?:e-?posta|ileti|bülten)|(?:تلقيت|تتلقى|وصلتك|تصلك) هذ"
    r"|קיבלת|(?:您|你)(?:之所以)?收到|此(?:邮件|郵件|电子)|このメール|本メール)",
    re.IGNORECASE,
)
# Wherever they are in a footer.
RIGHTS = re.compile(
    r"all rights reserved|you are receiving this|our mailing address is|alle rechte vorbehalten"
    r"|tous droits réservés|todos los derechos|todos os direitos|tutti i diritti|alle rechten voor"
    r"|wszelkie prawa|все права|(?:усі|всі) права|tüm hakları|جميع الحقوق|כל הזכויות|版权所有"
    r"|保留所有",
    re.IGNORECASE,
)
# Words of a question about the mail itself, and of a link that answers it.
MAIL = re.compile(
    r"e-?mail|\bmail|message|newsletter|courriel|correo|bolet|wiadomoś|письм|лист|e-?posta|ileti"
    r"|البريد|מייל|邮件|郵件|メール|bild|image|imag",
    re.IGNORECASE,
)
SIGN_UP = re.compile(
    r"(?:subscribe|sign up|join|abonnier|anmeld|s.abonn|s.inscri|suscr|inscr|assin|iscriv|aanmeld"
    r"|zapisz|подпи|підпи|abone|اشترك|הרש|订阅|訂閱|登録).{0,30}",
    re.IGNORECASE,
)
BUTTON = re.compile(
    r"(?:subscribe|share|like|restack|comment|start writing)(?: (?:now|here|for free|this post))?"
    r"|leave a comment|upgrade to paid|jetzt abonnieren|teilen|s.abonner|partager|suscríbete"
    r"|suscribirse|compartir|tweet|forward",
    re.IGNORECASE,
)
SOCIAL = re.compile(
    r"//(?:[\w-]{1,20}\.)?(?:facebook|fb|twitter|x|instagram|linkedin|youtube|threads|tiktok|bsky"
    r"|pinterest|t|wa|whatsapp|mastodon|telegram)\.(?:com|net|me|app|social|org)(?:/|$)"
    r"|forward-to-friend|/forward\?",
    re.IGNORECASE,
)
HERE = re.compile(
    r"(?:click |press )?here|this link|link|hier|ici|aqu[ií]|qui|tutaj|здесь|тут|buraya|هنا|כאן"
    r"|点击(?:这里|此处)|这里|此处|こちら|https?://\S{1,2000}|<\S{1,200}>",
    re.IGNORECASE,
)
