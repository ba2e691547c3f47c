"""
HTML as programs put it on the clipboard, made up of what each of them writes.
"""

from __future__ import annotations

WORD = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w="urn:schemas-microsoft-com:office:word"><head>'
    '<meta name=Generator content="Microsoft Word 15"><style>'
    "<!-- /* Style Definitions */ p.MsoNormal "
    '{mso-style-unhide:no;font-family:"Calibri",sans-serif;} @list l0:level1 '
    "{mso-level-number-format:bullet;} --></style><!--[if gte mso 9]><xml><w:WordDocument/>"
    "</xml><![endif]--></head><body lang=EN-GB style='tab-interval:36.0pt'>"
    "<!--StartFragment--><p class=MsoTitle><span lang=EN-US "
    "style='mso-ansi-language:EN-US'>The quieter quay<o:p></o:p></span></p>"
    "<p class=MsoNormal><span lang=EN-GB>The harbour board "
    "<b style='mso-bidi-font-weight:normal'>decided</b> on <i>Tuesday</i> in "
    '<st1:City w:st="on"><st1:place w:st="on">Bergen</st1:place></st1:City>, as '
    "<a href=\"https://example.org/board\"><span style='color:blue'>reported</span></a>."
    '<a style=\'mso-footnote-id:ftn1\' href="#_ftn1" name="_ftnref1" title="">'
    "<span class=MsoFootnoteReference><span style='mso-special-character:footnote'>"
    "<![if !supportFootnotes]><span class=MsoFootnoteReference>[1]</span><![endif]></span>"
    "</span></a><o:p></o:p></span></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
    "<h2>What changes</h2><p class=MsoListParagraphCxSpFirst "
    "style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]>"
    "<span style='font-family:Symbol;mso-fareast-font-family:Symbol'>"
    "<span style='mso-list:Ignore'>·<span style='font:7.0pt \"Times New "
    "Roman\"'>&nbsp;&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>Two boats fewer<o:p>"
    "</o:p></p> <p class=MsoListParagraphCxSpMiddle "
    "style='margin-left:72.0pt;mso-add-space:auto;text-indent:-18.0pt;mso-list:l0 level2 "
    "lfo1'><![if !supportLists]><span style='font-family:\"Courier New\"'>"
    "<span style='mso-list:Ignore'>o<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp; "
    "</span></span></span><![endif]>on weekdays<o:p></o:p></p> "
    "<p class=MsoListParagraphCxSpLast style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'>"
    "<![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·"
    "<span style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp; </span></span></span>"
    "<![endif]>The quay <s>closes</s> stays <span style='font-weight:bold'>open</span></p>"
    "<p class=MsoNormal>Then:</p><p class=MsoListParagraph style='mso-list:l1 level1 lfo2'>"
    "<![if !supportLists]><span><span style='mso-list:Ignore'>1.<span>&nbsp;</span></span>"
    "</span><![endif]>One</p><p class=MsoListParagraph style='mso-list:l1 level1 lfo2'>"
    "<![if !supportLists]><span><span style='mso-list:Ignore'>2.<span>&nbsp;</span></span>"
    '</span><![endif]>Two<del cite="mailto:a" datetime="2026-01-01T00:00"> and three</del>'
    '<ins cite="mailto:a" datetime="2026"> and four</ins></p><p class=MsoNormal>'
    "<img width=200 height=100 "
    'src="file:///C:/Users/A/AppData/Local/Temp/msohtmlclip1/01/clip_image002.jpg" alt="A '
    'quay"></p><table class=MsoTableGrid border=1 '
    "style='border-collapse:collapse;mso-yfti-tbllook:1184'><tr style='mso-yfti-irow:0'>"
    "<td width=200 style='width:150pt'><p class=MsoNormal><b>Boat</b></p></td><td>"
    "<p class=MsoNormal><b>Day</b></p></td></tr><tr><td><p class=MsoNormal>Ada</p></td><td>"
    "<p class=MsoNormal>Monday</p></td></tr></table><div style='mso-element:footnote-list'>"
    '<![if !supportFootnotes]><br clear=all><hr align=left size=1 width="33%"><![endif]>'
    "<div style='mso-element:footnote' id=ftn1><p class=MsoFootnoteText>"
    '<a style=\'mso-footnote-id:ftn1\' href="#_ftnref1" name="_ftn1" title="">'
    "<span class=MsoFootnoteReference>[1]</span></a> The minutes of March.<o:p></o:p></p>"
    "</div></div><div style='mso-element:comment-list'><div>"
    "<p class=MsoCommentText>Check with legal</p></div></div><!--EndFragment--></body></html>"
)

GOOGLE_DOCS = (
    '<meta charset=\'utf-8\'><b style="font-weight:normal;" id="docs-internal-guid-1a2b">'
    '<h2 dir="ltr" style="line-height:1.38;">'
    '<span style="font-size:16pt;font-weight:400;">What changes</span></h2>'
    '<p dir="ltr" style="line-height:1.38;margin-top:0pt;">'
    "<span "
    'style="font-size:11pt;font-weight:400;font-style:normal;white-space:pre-wrap;">The '
    'board </span><span style="font-size:11pt;font-weight:700;">decided</span>'
    '<span style="font-weight:400;"> on </span>'
    '<span style="font-style:italic;font-weight:400">Tuesday</span><span>, see </span>'
    '<a href="https://www.google.com/url?q=https://example.org/x&sa=D" '
    'style="text-decoration:none;"><span '
    'style="text-decoration:underline;color:#1155cc">this</span></a><span>. H</span>'
    '<span style="font-size:0.6em;vertical-align:sub;">2</span><span>O</span></p>'
    '<ul style="margin-top:0;"><li dir="ltr" style="list-style-type:disc;" aria-level="1">'
    '<p dir="ltr" role="presentation"><span>One</span></p></li><ul>'
    '<li dir="ltr" aria-level="2"><p dir="ltr" role="presentation"><span>Deeper</span></p>'
    '</li></ul><li dir="ltr" aria-level="1"><p dir="ltr" role="presentation"><span>Two'
    '</span></p></li></ul><br /><p dir="ltr"><span>'
    '<span style="border:none;display:inline-block;">'
    '<img src="https://lh7-us.googleusercontent.com/docsz/AD_4n" width="200" height="100" />'
    '</span></span></p></b><br class="Apple-interchange-newline">'
)

OUTLOOK = (
    '<div class="elementToProof" style="font-family: Aptos; font-size: 12pt;">Dear all,'
    '</div><div><br></div><div style="font-weight:600">The quay stays open.</div>'
    '<div class="elementToProof">See <a '
    'href="https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fq&'
    'amp;data=05">the plan</a>.</div><ul><li><div>One</div></li><li><div>Two</div></li></ul>'
    '<div style="display:none">Hidden</div><img src="cid:abc" width="20">'
    '<img src="https://t.example/p.gif" width=1 height=1>'
)

WORD_ON_THE_WEB = (
    '<div class="OutlineElement Ltr"><p class="Paragraph" lang="EN-US" xml:lang="EN-US">'
    '<span data-contrast="auto" class="TextRun"><span class="NormalTextRun">Two things:'
    '</span></span><span class="EOP">&nbsp;</span></p></div>'
    '<div class="ListContainerWrapper"><ul class="BulletListStyle1" role="list">'
    '<li data-leveltext="" data-listid="1" data-aria-posinset="1" data-aria-level="1" '
    'role="listitem" class="OutlineElement"><p class="Paragraph"><span class="TextRun">One'
    '</span></p></li></ul></div><div class="ListContainerWrapper">'
    '<ul class="BulletListStyle2"><li data-listid="1" data-aria-level="2"><p><span>Deeper'
    '</span></p></li></ul></div><div class="ListContainerWrapper"><ul>'
    '<li data-listid="1" data-aria-level="1"><p><span>Two</span></p></li></ul></div>'
)
