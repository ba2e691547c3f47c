"""
Sentences of a newspaper in many languages, with the encodings in which such texts are found.
"""

from __future__ import annotations

from typing import NamedTuple


class CharsetText(NamedTuple):
    """
    A text and the encodings (Python's names) it is written in.
    """

    language: str
    encodings: tuple[str, ...]
    text: str


LONG = (
    CharsetText(
        "en",
        ("cp1252",),
        "“We’ve counted every lamp on the quay,” said the harbour master – all 312 of them. The "
        "café’s owner wants £40 a month for the rest, and nobody at the town hall objects.",
    ),
    CharsetText(
        "de",
        ("cp1252", "iso8859-1"),
        "Der Gemeinderat hat am Donnerstagabend beschlossen, die Brücke über die Mühlbachstraße "
        "bis zum Frühjahr zu sperren. Für Fußgänger bleibt ein schmaler Übergang geöffnet.",
    ),
    CharsetText(
        "de",
        ("cp1252",),
        "„Wir hätten früher zuhören müssen“, sagte die Bürgermeisterin – und kündigte an, die "
        "Gebühren für Händler auf dem Wochenmarkt um 5 € zu senken.",
    ),
    CharsetText(
        "fr",
        ("cp1252", "iso8859-15"),
        "Le conseil régional a voté la réouverture de la ligne ferroviaire entre les deux vallées, "
        "fermée depuis l'été dernier. Les élus espèrent près de 400 voyageurs par journée.",
    ),
    CharsetText(
        "fr",
        ("cp1252", "mac-roman"),
        "« Nous n’avons jamais caché les chiffres », assure la directrice de l’hôpital, où les "
        "médecins dénoncent un manque de moyens dès la rentrée de septembre.",
    ),
    CharsetText(
        "es",
        ("cp1252", "iso8859-1"),
        "El ayuntamiento aprobó ayer el nuevo plan de riego para los jardines históricos. La "
        "oposición pidió más árboles y menos hormigón en la avenida que sube al castillo.",
    ),
    CharsetText(
        "pt",
        ("cp1252", "iso8859-1"),
        "A câmara municipal aprovou a construção de uma ponte pedonal sobre o rio, mas a decisão "
        "só avança depois das eleições. Os pescadores receiam que o porto fique sem acesso.",
    ),
    CharsetText(
        "it",
        ("cp1252", "iso8859-1"),
        "La giunta ha deciso che il mercato coperto sarà restaurato entro l'autunno: perché il "
        "tetto perde, e già l'anno scorso più di metà dei banchi è rimasta vuota.",
    ),
    CharsetText(
        "nl",
        ("cp1252",),
        "De gemeenteraad besloot dinsdag dat de brug vóór de winter wordt vervangen – ‘anders "
        "staan we hier over één jaar opnieuw’, aldus de wethouder in het café naast het station.",
    ),
    CharsetText(
        "sv",
        ("cp1252", "iso8859-1"),
        "Regeringen vill att färjorna längs kusten ska gå på el före årtiondets slut. Skärgårdens "
        "företagare är försiktigt positiva men frågar vem som ska betala för laddningen.",
    ),
    CharsetText(
        "da",
        ("cp1252", "iso8859-1"),
        "Byrådet vedtog i går at forlænge aftalen med færgeselskabet i tre år. Øboerne havde håbet "
        "på flere afgange om vinteren, når skoleeleverne må overnatte på fastlandet.",
    ),
    CharsetText(
        "no",
        ("cp1252",),
        "Kommunestyret sa nei til å stenge skolen på øya, selv om bare tolv elever møtte opp i år. "
        "Rådmannen mener avgjørelsen blir dyr, og at bygget må pusses opp før våren.",
    ),
    CharsetText(
        "fi",
        ("cp1252", "iso8859-15"),
        "Kaupunginhallitus päätti maanantaina, että kirjastot pysyvät auki myös kesällä. Päätös "
        "syntyi äänin seitsemän vastaan kuusi, eikä lisärahaa ole vielä löytynyt mistään.",
    ),
    CharsetText(
        "pl",
        ("cp1250", "iso8859-2"),
        "Rada miasta zgodziła się wczoraj na budowę przystani. Według urzędników prace ruszą "
        "jesienią, a żeglarze będą mogli cumować już w przyszłym roku, jeśli zdążą z robotami.",
    ),
    CharsetText(
        "cs",
        ("cp1250", "iso8859-2"),
        "Zastupitelé ve čtvrtek schválili, že se tramvaje vrátí na nábřeží dříve, než se čekalo. "
        "Opravy měly trvat dvě léta, dělníci ale řekli, že to zvládnou o půl roku rychleji.",
    ),
    CharsetText(
        "sk",
        ("cp1250",),
        "Poslanci včera rozhodli, že škola na sídlisku zostane otvorená. Rodičia ďakovali radnici "
        "– „najťažšie obdobie máme za sebou“, povedal riaditeľ a sľúbil nové ihrisko.",
    ),
    CharsetText(
        "hu",
        ("cp1250", "iso8859-2"),
        "A közgyűlés csütörtökön úgy döntött, hogy a régi fürdőt felújítják, mielőtt beköszönt a "
        "tél. Az építők szerint a tető rosszabb állapotban van, mint ahogy tavaly gondolták.",
    ),
    CharsetText(
        "ro",
        ("cp1250", "iso8859-2"),
        "Consiliul local a hotărât să închidă podul vechi până la sfârşitul lunii. Localnicii spun "
        "că ocolul le ia o oră în plus şi cer primăriei să plătească biletele de autobuz.",
    ),
    CharsetText(
        "hr",
        ("cp1250",),
        "Gradsko vijeće odlučilo je u četvrtak da će tržnica ostati na istome mjestu. Prodavači su "
        "se bojali da će ih preseliti izvan središta, gdje bi izgubili većinu kupaca.",
    ),
    CharsetText(
        "sl",
        ("cp1250",),
        "Občinski svet je včeraj potrdil načrt za obnovo šolskega igrišča. Starši so opozorili, da "
        "bi morali najprej zamenjati cevi, saj voda že več mesecev odteka čez cesto.",
    ),
    CharsetText(
        "ru",
        ("cp1251", "koi8-r", "iso8859-5", "cp866", "mac-cyrillic"),
        "Городской совет в четверг решил отложить ремонт набережной до весны. По словам инженеров, "
        "опоры моста ещё выдержат зиму, но грузовикам придётся ехать в объезд через посёлок.",
    ),
    CharsetText(
        "ru",
        ("cp1251",),
        "«Мы ждали этого решения десять лет», — сказала директор музея. Здание XIX века передадут "
        "библиотеке, а коллекцию старинных часов перевезут в новое хранилище.",
    ),
    CharsetText(
        "uk",
        ("cp1251", "koi8-u"),
        "Міська рада вирішила залишити ринок на площі щонайменше до літа. Продавці побоюються, що "
        "їх переселять за місто, і збирають підписи під зверненням до голови області.",
    ),
    CharsetText(
        "bg",
        ("cp1251",),
        "Общинският съвет реши вчера да удължи договора за почистване на плажа. Според кмета "
        "парите ще стигнат до края на сезона, а хотелиерите искат още кошове за отпадъци.",
    ),
    CharsetText(
        "sr",
        ("cp1251",),
        "Градско веће је јуче одлучило да мост остане затворен до пролећа. Становници насеља кажу "
        "да деца до школе путују сат дуже и траже још један аутобус ујутру.",
    ),
    CharsetText(
        "el",
        ("cp1253", "iso8859-7"),
        "Το δημοτικό συμβούλιο αποφάσισε χθες να μείνει κλειστή η παραλιακή οδός έως την άνοιξη. "
        "Οι κάτοικοι ζητούν περισσότερα λεωφορεία και φοβούνται ότι τα έργα θα αργήσουν.",
    ),
    CharsetText(
        "tr",
        ("cp1254", "iso8859-9"),
        "Belediye meclisi dün akşam eski iskelenin onarılmasına karar verdi. Balıkçılar ağlarını "
        "kış boyunca karşı kıyıda kurutacak, çünkü şantiye ilkbahara kadar kapalı kalacak.",
    ),
    CharsetText(
        "he",
        ("cp1255",),
        "מועצת העיר החליטה אתמול לדחות את שיפוץ הגשר עד האביב. התושבים מתלוננים שהילדים נוסעים "
        "לבית הספר שעה ארוכה יותר, ודורשים אוטובוס נוסף בכל בוקר.",
    ),
    CharsetText(
        "ar",
        ("cp1256",),
        "قرر المجلس البلدي أمس تأجيل ترميم الجسر القديم حتى فصل الربيع. ويقول السكان إن الطريق "
        "إلى المدرسة أصبح أطول بساعة كاملة، ويطالبون بحافلة إضافية كل صباح.",
    ),
    CharsetText(
        "lt",
        ("cp1257",),
        "Miesto taryba vakar nusprendė, kad senasis tiltas bus uždarytas iki pavasario. Gyventojai "
        "skundžiasi, jog kelionė į mokyklą trunka valanda ilgiau, ir prašo dar vieno autobuso.",
    ),
    CharsetText(
        "lv",
        ("cp1257",),
        "Pilsētas dome vakar nolēma, ka vecais tilts būs slēgts līdz pavasarim. Cilvēki sūdzas, "
        "ka ceļš uz skolu kļuvis par stundu garāks, un lūdz vēl vienu autobusu no rīta.",
    ),
    CharsetText(
        "et",
        ("cp1257",),
        "Linnavolikogu otsustas eile, et vana sild jääb kevadeni suletuks. Elanikud kurdavad, et "
        "tee kooli võtab nüüd tunni võrra kauem, ja küsivad hommikuti üht lisabussi.",
    ),
    CharsetText(
        "th",
        ("cp874",),
        "สภาเมืองมีมติเมื่อวานนี้ให้ปิดสะพานเก่าจนถึงฤดูใบไม้ผลิ ชาวบ้านบอกว่าเด็กนักเรียนต้องเดินทางนานขึ้นหนึ่งชั่วโมง "
        "และขอให้เพิ่มรถประจำทางในตอนเช้าอีกหนึ่งเที่ยว",
    ),
    CharsetText(
        "vi",
        ("cp1258",),
        "Hô\u0323i đô\u0300ng tha\u0300nh phô\u0301 quyê\u0301t đi\u0323nh đo\u0301ng câ\u0300u "
        "cu\u0303 đê\u0301n mu\u0300a xuân. Ngươ\u0300i dân no\u0301i ră\u0300ng đươ\u0300ng "
        "đê\u0301n trươ\u0300ng xa hơn mô\u0323t giơ\u0300.",
    ),
    CharsetText(
        "ja",
        ("cp932", "euc_jp", "iso2022_jp"),
        "市議会は木曜日、古い橋を春まで通行止めにすることを決めた。住民からは、子どもたちの通学に一時間余計に"
        "かかるとして、朝のバスを増やすよう求める声が上がっている。「冬の間だけでも考えてほしい」と話す。"
        "工事の費用の半分は県が負担する見込みだ。",
    ),
    CharsetText(
        "zh",
        ("gb18030", "gb2312"),
        "市议会星期四决定，在明年春天以前关闭旧桥。居民们说，孩子们上学的路程因此多了一个小时，他们要求"
        "早晨增加一班公共汽车。工程师认为桥墩还能撑过这个冬天，但是卡车必须绕行。市长希望修复工作"
        "能在三个月内完成，费用由省政府承担一半。",
    ),
    CharsetText(
        "zh",
        ("big5",),
        "市議會星期四決定，在明年春天以前關閉舊橋。居民們說，孩子們上學的路程因此多了一個小時，他們要求"
        "早晨增加一班公共汽車。工程師認為橋墩還能撐過這個冬天，但是卡車必須繞行。市長希望修復工作"
        "能在三個月內完成，費用由省政府承擔一半。",
    ),
    CharsetText(
        "ko",
        ("cp949", "euc_kr"),
        "시의회는 목요일 낡은 다리를 내년 봄까지 닫기로 결정했다. 주민들은 아이들의 등굣길이 "
        "한 시간이나 길어졌다며 아침 버스를 한 대 더 늘려 달라고 요구하고 있다. 기술자들은 "
        "겨울은 넘길 수 있다고 말한다.",
    ),
)
HEADLINES = (
    CharsetText("en", ("cp1252",), "The mayor’s “quiet” budget – what it means for you"),
    CharsetText("de", ("cp1252",), "Kreistag kürzt Zuschüsse für Büchereien"),
    CharsetText("fr", ("cp1252",), "À l’école, la rentrée est déjà prête"),
    CharsetText("es", ("cp1252",), "La crisis del agua llega también a los pueblos de montaña"),
    CharsetText("pt", ("cp1252",), "Eleições: oposição exige nova votação em três municípios"),
    CharsetText("sv", ("cp1252",), "Så många bussar ställs in när kylan kommer till Värmland"),
    CharsetText("pl", ("cp1250",), "Łódź wybiera nową radę: kto przejmie władzę w mieście"),
    CharsetText("cs", ("cp1250",), "Vláda zvýší důchody, příští rok přidá i učitelům"),
    CharsetText("hu", ("cp1250",), "Őszre elkészülhet a felújított fürdő Győr belvárosában"),
    CharsetText("ru", ("cp1251",), "Паромы вернутся в марте"),
    CharsetText("ru", ("koi8-r",), "Музей часов переезжает в старую ратушу"),
    CharsetText("uk", ("cp1251",), "Ринок на площі залишиться до літа"),
    CharsetText("bg", ("cp1251",), "Плажът остава чист до края на сезона"),
    CharsetText("el", ("cp1253",), "Κλειστή έως την άνοιξη η παραλιακή οδός"),
    CharsetText("tr", ("cp1254",), "Eski iskele kış boyunca kapalı kalacak, balıkçılar şaşkın"),
    CharsetText("he", ("cp1255",), "הגשר הישן ייסגר עד האביב"),
    CharsetText("ar", ("cp1256",), "إغلاق الجسر القديم حتى الربيع"),
    CharsetText("ja", ("cp932",), "古い橋、春まで通行止めに"),
    CharsetText("ja", ("euc_jp",), "古い橋、春まで通行止めに"),
    CharsetText("zh", ("gb18030",), "旧桥明年春天以前关闭"),
    CharsetText("zh", ("big5",), "舊橋明年春天以前關閉"),
    CharsetText("ko", ("cp949",), "낡은 다리 내년 봄까지 폐쇄"),
    CharsetText("th", ("cp874",), "ปิดสะพานเก่าจนถึงฤดูใบไม้ผลิ"),
)
