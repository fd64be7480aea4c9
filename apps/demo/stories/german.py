"""The same matters in German, for the customers and people who speak it."""

from apps.demo.stories.model import Topic

GOODS = ("Regenjacke Fjell", "Zelt Lofot 2", "Rucksack Varg 45", "Kocher Brann", "Schlafsack Dvale", "Fleece Skarv")

PAKET = Topic(
    slug="late-parcel-de",
    queues={"whatsapp": 5, "email-general": 4, "voice-priority": 3, "social": 2},
    intent="order_status",
    sources=("kb:delivery-times", "tool:order-lookup"),
    items=GOODS,
    subject="(Wo bleibt meine Bestellung <order>?|Bestellung <order> noch nicht da|Paket verspätet)",
    opening=(
        "(meine Bestellung <order>|das Paket <order>) sollte am <past_day> kommen, (bis heute nichts|es ist nichts da).",
        "(wo bleibt|wann kommt) <item>? Die Sendungsverfolgung (steht seit <days> Tagen still|zeigt immer noch <town>).",
        "<carrier> schreibt 'zugestellt', (hier ist aber nichts|bei den Nachbarn ist auch nichts). Bestellnummer <order>.",
    ),
    extra=("Am <next_day> fahren wir los.", "Es ist ein Geburtstagsgeschenk.", "Ich habe extra Express bezahlt."),
    ask=(
        "(Können Sie mir|Würden Sie mir) bitte die Postleitzahl der Lieferadresse nennen?",
        "Gibt es (einen Ablageort|jemanden), wo der Fahrer es gelassen haben könnte?",
    ),
    detail=("Nein, (kein Zettel|keine Nachricht), nichts.", "Sendungsnummer ist <tracking>.", "Ja, die Nummer stimmt."),
    found=(
        "Das Paket liegt seit <past_day> im Depot in <town>, das Etikett (war nicht lesbar|ist beschädigt).",
        "<carrier> hat (zurzeit|wetterbedingt) einen Rückstand von etwa <small> Tagen.",
    ),
    talk=(
        (
            "(Können Sie nicht einfach ein neues schicken?|Schicken Sie doch ein neues.)",
            "Wenn es bis <next_day> nicht gescannt ist, geht sofort Ersatz per Express raus.",
        ),
        ("(Bekomme ich den Express zurück?|Und der Expresszuschlag?)", "Ja, <fee> gehen heute zurück."),
        (
            "(Muss ich dafür zu Hause sein?|Muss jemand unterschreiben?)",
            "Nein, der Fahrer darf es (beim Nachbarn|im Hauseingang) lassen.",
        ),
    ),
    solve=(
        "Ich habe eine Nachforschung (gestartet|aufgemacht) und schaue am <next_day> selbst wieder rein.",
        "Die Zustellung ist jetzt für <next_day> gebucht, Sie bekommen vorher eine SMS.",
    ),
    pleased=("Super, (danke|vielen Dank)!", "Gut, dann warte ich bis <next_day>."),
    upset=("Das hat man mir am <past_day> auch schon erzählt.", "Dann bestelle ich eben woanders."),
    bot=("Bestellung <order> ist bei <carrier>, letzter Scan in <town>. Die Zustellung ist für <next_day> geplant.",),
    bot_talk=(
        (
            "(Und wenn es wieder nicht kommt?|Und wenn nicht?)",
            "Ohne neuen Scan bis <next_day> startet automatisch eine Nachforschung.",
        ),
    ),
    note=("Nachforschung <tracking> läuft, am <next_day> prüfen.",),
    summary="Order <order> is late (German speaker), last scan in <town>.",
    again=("Das Paket <order> ist immer noch nicht da.",),
    discloses=("address", "phone"),
    language="de",
    tags=("delivery",),
)

ERSTATTUNG = Topic(
    slug="refund-missing-de",
    queues={"billing-chat": 5, "email-general": 3, "voice-priority": 2},
    intent="refund_status",
    sources=("kb:refund-times", "tool:payment-lookup"),
    items=GOODS,
    subject="(Erstattung zu <order>|Wo bleibt mein Geld?|Rückzahlung <amount>)",
    opening=(
        "(ich habe <item> vor <days> Tagen zurückgeschickt|<item> ist seit <past_day> wieder bei Ihnen) und (keine Erstattung|noch kein Geld) erhalten.",
        "(Wo bleibt|Wann kommt) meine Erstattung über <amount>? Bestellung <order>.",
        "mir wurden <amount> (zweimal|doppelt) abgebucht, (bestellt habe ich nur einmal|es gibt nur eine Bestellung): <order>.",
    ),
    extra=(
        "Mein Konto ist deswegen im Minus.",
        "Ich habe den Einlieferungsbeleg.",
        "Die alte Karte gibt es nicht mehr.",
    ),
    ask=("Haben Sie mit Karte (oder per Rechnung|oder auf Rechnung) bezahlt?", "Ist das Konto von damals noch offen?"),
    detail=(
        "Mit Karte.",
        "Auf Rechnung, (am <order_day> überwiesen|im Oktober überwiesen).",
        "Abgegeben am <past_day>, Beleg <tracking>.",
    ),
    found=(
        "Die Rücksendung wurde am <past_day> gebucht, die Zahlung (hing in der Prüfung|wartete noch auf Freigabe).",
        "Beim Zahlungsdienstleister gab es eine Störung, Ihre Zahlung lief doppelt.",
    ),
    talk=(
        ("(Wie lange dauert das jetzt?|Wann ist es auf dem Konto?)", "In <small> Werktagen ist es auf dem Konto."),
        ("(Geht auch ein anderes Konto?|Können Sie es überweisen?)", "Ja, ich stelle auf Überweisung um."),
        ("(Bekomme ich das schriftlich?|Bitte schriftlich.)", "Die Mail mit Betrag und Datum kommt gleich."),
    ),
    solve=("<amount> sind freigegeben, Zeichen RF-<code>.", "Die zweite Abbuchung ist storniert, Zeichen DP-<code>."),
    pleased=("Endlich, danke.", "Alles klar, vielen Dank für die schnelle Hilfe!"),
    upset=("Es ist mein Geld, kein Gefallen.", "Dann hole ich es mir über die Bank zurück."),
    bot=("Die Erstattung zu <order> wurde am <past_day> freigegeben und ist in bis zu 5 Werktagen auf dem Konto.",),
    bot_talk=(
        (
            "(Die fünf Tage sind vorbei.|Das ist schon länger her.)",
            "Laut Zahlungsprotokoll ist die Erstattung unterwegs, Zeichen RF-<code>.",
        ),
    ),
    note=("Freigabe hing in der Prüfung, erledigt. RF-<code>.",),
    summary="Refund of <amount> for <order> missing (German speaker).",
    again=("Immer noch kein Geld, Zeichen RF-<code>.",),
    discloses=("iban", "card"),
    language="de",
    tags=("refund",),
)

DEFEKT = Topic(
    slug="broken-de",
    queues={"tech-chat": 5, "email-general": 2, "social": 1},
    intent="spare_part",
    sources=("kb:pole-repair", "kb:warranty-terms"),
    items=("Zelt Lofot 2", "Zelt Kupol 4", "Stirnlampe Aurora", "Kocher Brann"),
    subject="(<item> defekt|Reklamation <item>|Ersatzteil für <item>)",
    opening=(
        "(bei meinem Teil|mein Artikel), <item>, ist (eine Naht|ein Gestänge|der Schalter) (kaputt|gebrochen).",
        "<item>: nach (vier Nächten|einer Saison|zwei Touren) (schon defekt|geht nichts mehr). Ist das ein Garantiefall?",
        "gibt es für <item> (Ersatzteile|ein neues Gestänge)?",
    ),
    extra=("Fotos kann ich schicken.", "Am <next_day> geht es nach <trip>.", "Den Beleg habe ich nicht mehr."),
    ask=("(Wann haben Sie es gekauft|Wie alt ist es)?", "Steht am Ende eine Nummer auf dem Gestänge?"),
    detail=("Gekauft im Mai, Bestellung <order>.", "Nummer DAC <small>.5.", "(Ungefähr|Etwa) ein Jahr alt."),
    found=(
        "Die Charge hat (dünne Wände|ein schwaches Teil), das tauschen wir kostenlos.",
        "Das ist noch in der Garantie.",
    ),
    talk=(
        ("(Muss ich das alte einschicken?|Soll ich es zurückschicken?)", "Nein, ein Foto reicht."),
        (
            "(Kann ich es unterwegs reparieren?|Was mache ich heute Nacht?)",
            "Mit der Reparaturhülse und Klebeband hält es ein paar Tage.",
        ),
    ),
    solve=("Das Ersatzteil geht heute raus, Sendung <tracking>.",),
    pleased=("Klasse, danke!", "Das ging schnell."),
    upset=("Für das Geld erwarte ich mehr.",),
    bot=("Ersatzteile für <item> sind fünf Jahre lang kostenlos. Bitte senden Sie ein Foto und die Bestellnummer.",),
    bot_talk=(("(Ich habe keinen Beleg.|Beleg ist weg.)", "Die Bestellnummer oder die Mailadresse genügt."),),
    note=("Bekannte Charge, Tausch ohne Rücksendung.",),
    summary="Broken <item>, bought about a year ago (German speaker).",
    again=("Das Ersatzteil passt nicht.",),
    discloses=("address", "email"),
    language="de",
    tags=("spare-part",),
)

BERATUNG = Topic(
    slug="advice-de",
    queues={"sales-chat": 5, "social": 1},
    intent="product_question",
    sources=("kb:boot-guide", "kb:stock"),
    items=("Wanderschuh Hald", "Trailschuh Kettu", "Rucksack Varg 45", "Regenjacke Fjell"),
    subject="(Frage zu <item>|Beratung <item>)",
    opening=(
        "(fällt <item> eher klein aus?|wie fällt <item> aus?) Ich habe sonst <size>.",
        "(wann gibt es|kommt) <item> wieder in Grün?",
        "was (würden Sie|würdet ihr) für <trip> im (Oktober|Juni) nehmen, <item> oder etwas Leichteres?",
    ),
    extra=("Breite Füße, leider.", "Kann auch im Laden in <town> abholen.", "Eilt nicht."),
    ask=("Wie schwer ist der Rucksack (etwa|ungefähr)?", "Laden oder Versand?"),
    detail=("So (9|12|15) Kilo.", "Bitte schicken.", "Die alten waren Meindl in 43."),
    found=("Das Modell fällt eine halbe Nummer kleiner aus.", "Am <next_day> kommen <small> Stück."),
    talk=(
        ("(Ist das wasserdicht?|Hält das dicht?)", "Ja, mit Membran."),
        ("(Kann ich beide bestellen?|Zwei Größen zur Auswahl?)", "Klar, die Rücksendung ist frei."),
    ),
    solve=("Ich lege ein Paar bis <next_day> zurück.",),
    pleased=("Danke für die Beratung!",),
    upset=("Hm, das hilft mir nicht viel.",),
    bot=("<item> fällt eine halbe Nummer kleiner aus und ist vorne breit geschnitten.",),
    bot_talk=(
        ("(Und bei Regen?|Und wenn es nass ist?)", "Der Hald hat eine Membran, der Kettu trocknet dafür schneller."),
    ),
    note=("Zwei Größen empfohlen.",),
    summary="Advice on <item> (German speaker).",
    again=("Die Reservierung war weg.",),
    discloses=("email",),
    language="de",
    tags=("advice",),
)

TOPICS = (PAKET, ERSTATTUNG, DEFEKT, BERATUNG)
