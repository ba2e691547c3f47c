"""
The words by which `list_lines` recognises what a mailing list writes about itself, in the languages
of the product's own emails: Arabic, Chinese, Dutch, English, French, German, Hebrew, Italian,
Japanese, Polish, Portuguese, Russian, Spanish, Turkish, Ukrainian.
"""

from __future__ import annotations

import re

# These three are for text in lower case: ignoring case takes ten times as long.
UNSUBSCRIBE = re.compile(
    r"\b(?:unsubscrib(?!\w{0,4} (?:button|link|rate|rule|law|option|request|tool|process))"
    r"|opt[ -]?out|(?:manage|update|change|edit|email|e-mail|subscription"
    r"|communication)(?: (?:your|my|e-?mail|subscription|newsletter"
    r"|notification)){0,3} (?:preferences|profile|settings|subscriptions?)|abbestell|abmeld"
    r"|austragen|newsletter-?einstellungen|(?:profil|einstellungen|daten) (?:ändern"
    r"|aktualisieren|verwalten|anpassen)|désabonn|désinscri|(?:gérer|modifier"
    r"|mettre à jour) (?:vos|mes|votre|mon) (?:préférences|profil|abonnement)|dar(?:me|se"
    r"|te) de baja|(?:cancelar|anular|gestionar|actualizar|editar|gerenciar|atualizar)(?: (?:la"
    r"|mi|tu|su|a|sua|minha|o|seu|mis|tus|sus|as|suas)){0,2} (?:suscripci|inscri|assinatura"
    r"|subscri|preferencias|preferências|perfil)|descadastr|(?:annulla|cancella|gestisci"
    r"|aggiorna)\w{0,3} (?:l.|la |le |il |tue |tuo |tua ){0,2}(?:iscrizion|preferenze|profilo"
    r"|sottoscrizion)|disiscri|cancellati|afmeld|uitschrijv|(?:wijzig|beheer)\w{0,2} (?:je |uw "
    r"|jouw )?(?:voorkeur|profiel|gegevens|inschrijving)|wypisz|wypisać|rezygn\w{1,6} z"
    r"|zarządzaj (?:subskr|preferen)|отпис|(?:настройк|управл)\w{1,5} (?:рассыл|подписк)|відпис"
    r"|(?:керувати|налашт)\w{0,9} підписк|abonelikten|aboneliğ\w{1,5} (?:iptal|sonlandır)"
    r"|tercihlerini)|إلغاء الاشتراك|تفضيلات|הסר(?:ה|ת)? (?:מ|מרשימ)|להסרה|退订|取消订阅|退訂"
    r"|取消訂閱|配信停止|購読.?(?:解除|停止|中止)|登録解除|(?:配信|登録).{0,6}変更"
)
UNSUBSCRIBE_URL = re.compile(
    r"unsubscri(?:be|ption)?(?:\.\w{2,4})?(?:[/?&=#\"]|-all|$)|[/.]unsub(?:[/?\"]|$)"
    r"|disable_email|opt-?out(?:\.\w{2,4})?\?|list-manage\d?\.com/(?:unsub|profile|about|vcard)"
    r"|/(?:email|manage)-?preferences?(?:[/?]|$)|manage-?(?:subscription|preferences"
    r"|email)|subscription-?(?:center|preferences|management)|[?&]action=unsub|/disable_email"
    r"|/desabonn|/abmeld|/uitschrij"
)
WEB_COPY = re.compile(
    r"\b(?:(?:web)?browser|navegador|navigateur|przegląda|tarayıcı|браузер|web ?(?:version"
    r"|versie)|online[ -]?version|version (?:en ligne|web)|versión (?:web|on|en l)|versão (?:web"
    r"|on)|versione (?:web|on)|wersj\w (?:on|internetow)|(?:онлайн|веб)-?\s?верс|(?:view|read"
    r"|see|open)(?: (?:this|the|it|e-?mail|message|newsletter|issue|in)){0,4} (?:online"
    r"|on the web|in (?:the )?app)|online (?:ansehen|lesen|anzeigen|bekijken|lezen|oku)"
    r"|lire en ligne|voir en ligne|leer en línea|ver (?:en línea|online)|ler online|leggi online"
    r"|czytaj online|читать онлайн|читати онлайн)|المتصفح|דפדפן|浏览器|瀏覽器|ブラウザ|网页版"
    r"|網頁版|ウェブ版|web版"
)
FOOTER = re.compile(
    r"\W{0,9}(?:you(?:['’]re| are| have)? (?:currently )?(?:receiv|getting|subscribed|opted)"
    r"|this (?:e-?mail|message|newsletter|mailing) (?:was|is|has been) (?:sent|intended|delivered)"
    r"|our (?:mailing |postal )?address|want to change how|copyright ?(?:©|\(c\)|\d{4}|by\b)|©"
    r"|\(c\) ?\d{4}"
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
NETWORK = re.compile(
    r"facebook|twitter|\bx\b|instagram|linkedin|youtube|threads|tiktok|bluesky|pinterest|whatsapp"
    r"|mastodon|telegram|follow|like|join|share|tweet|forward|folge|suiv|s[ií]gue|segui|volg"
    r"|obserwuj|подпис|подпиш|takip|تابع|关注|關注|フォロー",
    re.IGNORECASE,
)
