"""
The headers that mail programs write above a forwarded mail, by program and language.
"""

from __future__ import annotations


def _apple(words: str) -> str:
    """
    Make the header of Apple Mail from a marker and four labels, separated by `|`.
    """
    marker, *labels = words.split("|")
    values = ("Ed <ed@x.example>", "Tolls", "15 March 2024 at 16:02:10 CET", "sam@example.net")
    made = (f"{label} {value}" for label, value in zip(labels, values, strict=True))
    return "\n".join([marker, "", *made]) + "\n\n"


def _lines(words: str) -> str:
    """
    Make the header of another program from its lines, separated by `|`.
    """
    return words.replace("|", "\n") + "\n\n"


TEXTS = {
    "apple en": _apple("Begin forwarded message:|From:|Subject:|Date:|To:"),
    "apple de": _apple("Anfang der weitergeleiteten Nachricht:|Von:|Betreff:|Datum:|An:"),
    "apple fr": _apple("Début du message réexpédié :|De:|Objet:|Date:|À:"),
    "apple it": _apple("Inizio messaggio inoltrato:|Da:|Oggetto:|Data:|A:"),
    "apple pt": _apple("Início da mensagem reencaminhada:|De:|Assunto:|Data:|Para:"),
    "apple nl": _apple("Begin doorgestuurd bericht:|Van:|Onderwerp:|Datum:|Aan:"),
    "apple da": _apple("Start på videresendt besked:|Fra:|Emne:|Dato:|Til:"),
    "apple nb": _apple("Videresendt melding:|Fra:|Emne:|Dato:|Til:"),
    "apple pl": _apple("Początek przekazywanej wiadomości:|Od:|Temat:|Data:|Do:"),
    "apple ru": _apple("Начало переадресованного сообщения:|От:|Тема:|Дата:|Кому:"),
    "apple tr": _apple("İleti başlangıcı:|Kimden:|Konu:|Tarih:|Kime:"),
    "apple cs": _apple("Začátek přeposílané zprávy:|Od:|Předmět:|Datum:|Komu:"),
    "apple fi": _apple("Välitetty viesti alkaa:|Lähettäjä:|Aihe:|Päivämäärä:|Vastaanottaja:"),
    "apple ja": _apple("転送されたメッセージ：|差出人:|件名:|日付:|宛先:"),
    "gmail es": _lines(
        "---------- Forwarded message ---------|De: Ed <ed@x.example>"
        "|Date: vie, 15 mar 2024 a las 16:02|Subject: Tolls|To: Sam <sam@example.net>|"
    ),
    "gmail tr": _lines(
        "---------- Forwarded message ---------|Gönderen: Ed <ed@x.example>"
        "|Date: 15 Mar 2024 Cum, 16:02|Subject: Tolls|To: <sam@example.net>|"
    ),
    "gmail zh": _lines(
        "---------- Forwarded message ---------|发件人： Ed <ed@x.example>"
        "|Date: 2024年3月15日周五 16:02|Subject: Tolls|To: <sam@example.net>|"
    ),
    "outlook it": _lines(
        "Da: Ed <ed@x.example>|Inviato: venerdì 15 marzo 2024 16:02|A: Sam|Oggetto: Tolls"
    ),
    "outlook pl": _lines(
        "From: Ed <ed@x.example>|Sent: Friday, March 15, 2024 4:02 PM|To: Sam|Subject: Tolls"
    )
    .replace("From", "Od")
    .replace("Sent", "Wysłano")
    .replace("To:", "Do:")
    .replace("Subject", "Temat"),
    "outlook pt": _lines(
        "De: Ed|Enviado: sexta-feira, 15 de março de 2024 16:02|Para: Sam|Assunto: Tolls"
    ),
    "outlook sv": _lines(
        "Från: Ed <ed@x.example>|Skickat: den 15 mars 2024 16:02|Till: Sam|Ämne: Tolls"
    ),
    "outlook nl": _lines(
        "*Van:* Ed|*Verzonden:* vrijdag 15 maart 2024|*Aan:* Sam|*Onderwerp:* Tolls"
    ),
    "outlook ja": _lines("差出人: Ed|送信日時: 2024年3月15日 16:02|宛先: Sam|件名: Tolls"),
    "outlook zh": _lines("发件人: Ed|发送时间: 2024年3月15日 16:02|收件人: Sam|主题: Tolls"),
    "outlook cs": _lines("Od: Ed|Odesláno: pátek 15. března 2024 16:02|Komu: Sam|Předmět: Tolls"),
    "outlook fr": _lines(
        "________________________________|De : Ed <ed@x.example>|Envoyé : vendredi 15 mars 2024"
        "|À : Sam|Cc : Ann <ann@x.example>; Bob <bob@x.example>;|  Cat|Objet : Tolls"
    ),
    "outlook with long lines": _lines(
        "From: Ed <ed@x.example>|Sent: Friday, March 15, 2024 4:02 PM|To: Sam <sam@example.net>;"
        "|Ann <ann@x.example>; Bob <bob@x.example>|Importance: High"
        "|Subject: Tolls at the northern bridge and the ferries of the eastern"
        "|harbour"
    ),
    "thunderbird de": _lines(
        "-------- Weitergeleitete Nachricht --------|Betreff: \tTolls|Datum: \tFri, 15 Mar 2024 "
        "16:02:10 +0100|Von: \tEd <ed@x.example>|An: \tsam@example.net"
    ),
    "thunderbird fi": _lines(
        "-------- Välitetty viesti / Fwd.Msg --------|Aihe: \tTolls|Päiväys: \tFri, 15 Mar 2024 "
        "16:02:10 +0100|Lähettäjä: \tEd <ed@x.example>|Vastaanottaja: \tsam@example.net"
    ),
    "thunderbird nb": _lines(
        "-------- Videresendt melding --------|Emne: \tTolls|Dato: \tFri, 15 Mar 2024 16:02:10 "
        "+0100|Fra: \tEd <ed@x.example>|Til: \tsam@example.net"
    ),
    "yahoo en": _lines(
        "----- Forwarded Message -----|From: Ed <ed@x.example>|To: Sam <sam@example.net>"
        "|Sent: Friday, 15 March 2024 at 04:02:10 pm GMT+1|Subject: Tolls"
    ),
    "yahoo ru": _lines(
        "----- Пересылаемое сообщение -----|От: Ed <ed@x.example>|Кому: Sam"
        "|Отправлено: пятница, 15 марта 2024 г., 16:02:10 GMT+3|Тема: Tolls"
    ),
    "yahoo cs": _lines(
        "----- Přeposlaná zpráva -----|Od: Ed <ed@x.example>|Komu: Sam|Datum: 15. 3. 2024"
        "|Předmět: Tolls"
    ),
}
HTML = {
    "gmail it": '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded '
    "message ---------<br>Da: <strong>Ed</strong> &lt;ed@x.example&gt;<br>Date: ven 15 mar "
    "2024 alle "
    "ore 16:02<br>Subject: Tolls<br>To: &lt;sam@example.net&gt;<br></div><br>%s</div>",
    "apple sv": '<div>Vidarebefordrat mejl:</div><br><blockquote type="cite"><div><b>Från: </b>Ed'
    "</div><div><b>Ämne: </b><b>Tolls</b></div><div><b>Datum: </b>15 mars 2024 16:02:10 CET</div>"
    "<div><b>Till: </b>Sam</div><br><div>%s</div></blockquote>",
    "outlook desktop de": '<div style="border:none;border-top:solid #E1E1E1 '
    "1.0pt;padding:3.0pt 0cm "
    '0cm 0cm"><p class="MsoNormal"><b><span>Von:</span></b><span> Ed &lt;ed@x.example&gt; <br><b>'
    "Gesendet:</b> Freitag, 15. März 2024 16:02<br><b>An:</b> Sam<br><b>Betreff:</b> Tolls"
    "<o:p></o:p></span></p></div><p class=MsoNormal><o:p>&nbsp;</o:p></p>%s",
    "outlook web es": '<hr style="display:inline-block;width:98%%"><div id="divRplyFwdMsg" '
    'dir="ltr">'
    '<font face="Calibri"><b>De:</b> Ed<br><b>Enviado:</b> viernes, 15 de marzo de 2024 '
    "16:02<br><b>"
    "Para:</b> Sam<br><b>Asunto:</b> Tolls</font><div>&nbsp;</div></div><div>%s</div>",
    "outlook mobile fr": '<div id="ms-outlook-mobile-signature">Télécharger Outlook pour iOS</div>'
    '<hr><div id="divRplyFwdMsg"><font><b>De :</b> Ed<br><b>Envoyé :</b> vendredi 15 mars 2024<br>'
    "<b>À :</b> Sam<br><b>Objet :</b> Tolls<div></div></font></div>%s",
    "thunderbird pl": '<div class="moz-forward-container"><br>-------- Treść przekazanej '
    "wiadomości "
    '--------<table class="moz-email-headers-table" cellspacing="0" cellpadding="0" border="0">'
    "<tbody><tr><th>Temat: </th><td>Tolls</td></tr><tr><th>Data: </th><td>Fri, 15 Mar 2024 "
    "16:02:10 "
    "+0100</td></tr><tr><th>Nadawca: </th><td>Ed</td></tr><tr><th>Adresat: </th><td>Sam</td></tr>"
    "</tbody></table><br><br>%s</div>",
    "yahoo pt": '<div class="yahoo_quoted"><div>----- Mensagem encaminhada '
    "-----</div><div><b>De:</b>"
    " Ed</div><div><b>Para:</b> Sam</div><div><b>Enviado:</b> sexta-feira, 15 de março de 2024"
    "</div><div><b>Assunto:</b> Tolls</div><div><br></div>%s</div>",
    "lotus in a table": "<table role=presentation><tr><td><b>From:</b></td><td>Ed</td></tr><tr><td>"
    "<b>Date:</b></td><td>15 March 2024</td></tr><tr><td><b>To:</b></td><td>Sam</td></tr><tr><td>"
    "<b>Subject:</b></td><td>Tolls</td></tr></table><div>%s</div>",
    "exchange ru": '<div style="border-top:solid #B5C4DF 1.0pt"><p><b>From:</b> Ed '
    "[mailto:ed@x.example]"
    " <br><b>Sent:</b> Friday, March 15, 2024 4:02 PM<br><b>To:</b> Sam<br><b>Subject:</b> "
    "Tolls</p>"
    "</div>%s",
}
