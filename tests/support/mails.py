"""
Mails made in one line.
"""

from __future__ import annotations

import base64
import textwrap

OUTLOOK = (
    "<div style='border-top:solid #E1E1E1'><p class=MsoNormal><b>From:</b> Ed &lt;e@x.example&gt;"
    "<br><b>Sent:</b> Friday, March 15, 2024 4:02 PM<br><b>To:</b> Sam<br><b>Subject:</b> Tolls"
    "<o:p></o:p></p></div>"
)
GMAIL = (
    '<div class="gmail_attr">---------- Forwarded message ---------<br>From: <b>Ed</b><br>'
    "Date: Fri, Mar 15, 2024 at 4:02 PM<br>Subject: Tolls<br>To: Sam<br></div><br>"
)
APPLE = (
    "<div>Begin forwarded message:</div><br><div><b>From: </b>Ed<br></div><div><b>Subject: </b>"
    "<b>Tolls</b></div><div><b>Date: </b>March 15, 2024</div><div><b>To: </b>Sam</div><br>"
)


def pictured_mail(html: str, *parts: tuple[str, bytes], text: str = "") -> bytes:
    """
    Make a mail of *html* (or else *text*), followed by an image with each of the headers in
    *parts*.
    """
    kind, content = ("html", html) if html else ("plain", text)
    made = [f"Content-Type: text/{kind}; charset=utf-8\n\n{content}"]
    for headers, picture in parts:
        packed = base64.encodebytes(picture).decode()
        made.append(f"{headers}Content-Transfer-Encoding: base64\n\n{packed}")
    head = (
        "Subject: Tolls\nMessage-ID: <p@example.net>\nContent-Type: multipart/mixed; boundary=b\n"
    )
    whole = "\n--b\n".join(["", *made])
    return f"{head}{whole}\n--b--\n".encode()


def mail(
    content: str,
    *,
    subject: str = "Tolls",
    kind: str = "plain",
    charset: str = "utf-8",
    number: int = 1,
    headers: str = "",
) -> bytes:
    """
    Make a mail of one part with *content*, and the header lines *headers* above it.
    """
    head = f"""\
    From: Sam <sam@example.net>
    Subject: {subject}
    Date: Fri, 15 Mar 2024 17:45:10 -0500
    Message-ID: <{number}@example.net>
    Content-Type: text/{kind}; charset={charset}
    """
    above = headers + textwrap.dedent(head)
    return above.encode() + b"Content-Transfer-Encoding: 8bit\n\n" + content.encode(charset)
