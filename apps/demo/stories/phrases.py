"""What is said in every conversation whatever the matter: hello, impatience, anger, thanks, asking for a person."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """The general clauses of one language."""

    hello: tuple[str, ...]
    # Before an opening, when the customer was in touch about it before.
    again: tuple[str, ...]
    mood: dict[str, tuple[str, ...]]
    impatient: tuple[str, ...]
    ask_person: tuple[str, ...]
    unhelped: tuple[str, ...]
    thanks: tuple[str, ...]
    bye: tuple[str, ...]
    # Question and answer pairs that fit anywhere.
    talk: tuple[tuple[str, str], ...]
    # Kind of personal data to how it is said.
    discloses: dict[str, tuple[str, ...]]
    mail_hello: tuple[str, ...]
    mail_bye: tuple[str, ...]
    mail_greeting: str
    bot_hello: str
    bot_passes: tuple[str, ...]
    bot_lost: tuple[str, ...]
    bot_ends: tuple[str, ...]
    bot_closed: str
    transfer: tuple[str, ...]
    survey: str
    auto_closed: str
    praise: tuple[str, ...]
    blame: tuple[str, ...]


ENGLISH = Phrases(
    hello=("hi,", "hello,", "hey,", "hi there,", "good (morning|day|afternoon),", "", "", "", "hello Nordwind team,", "quick one:"),
    again=("I (wrote|was in touch) (earlier|this morning) already.", "Me again.", "(Second|Third) time I contact you about this.", "I spoke to (somebody|one of you) (before|earlier today)."),
    mood={
        "calm": ("", "", "", "No stress.", "Thanks in advance."),
        "hurried": ("(I'm at work|I'm on the train) so please be quick.", "(Got|Have) five minutes.", "It's (rather|a bit) urgent."),
        "annoyed": ("(This is getting|It's getting) (tiresome|old).", "(Not what I expect|That's not what I expected) from you.", "(Getting a bit tired of this.|I'm running out of patience.)"),
        "angry": ("(This is ridiculous.|Absolutely ridiculous.)", "(I've had enough|I'm fed up) (of this|with you).", "(Worst|Poorest) service (in years|I've ever had).", "(Unbelievable!!|What a joke!!)", "(I'll take this to the consumer office|Expect a review) if this isn't solved today."),
        "happy": ("(Love your shop by the way.|Big fan of your stuff.)", "(You've always been great.|You helped me well last time.)"),
    },
    impatient=("(hello?|anybody there?|still there?)", "how (long|much longer)?", "(are you a bot?|is someone reading this?)", "??", "(still waiting|waiting)…"),
    ask_person=("agent please", "(can I|could I) (talk|speak) to a (real person|human|person)[ please]?", "(I want|give me) a human[, not a bot]", "(representative|operator|human) please", "(just get me|put me through to) someone[ who can help]", "no more bot, I want a person"),
    unhelped=("that doesn't (help|answer my question)", "(no|nope), that's not (it|what I asked)", "(I know that already|I've read that already)", "you (just|already) said that"),
    thanks=("(thanks|thank you|cheers|thx)[ a lot][, <agent>]", "(great|perfect|brilliant), (thanks|thank you)", "ok (thanks|thank you)[ for your help]", "that (helps|helped), (thanks|cheers)", "(super|lovely), (you've been very helpful|that was quick)"),
    bye=("(bye|have a good day|take care)", "(you too|same to you)[!]", "no that's (all|it), (bye|thanks)", "ok bye", "that's all, thank you"),
    talk=(
        ("(is the shop in <town> open on Sunday?|when does the shop in <town> open?)", "(It's open|They open) Monday to Saturday, ten to <hour>, closed on Sundays."),
        ("(do you have my new address?|can you check my address?)", "The account shows an address in your name that was confirmed on <order_day>[, looks fine to me]."),
        ("(can you send me this chat by mail?|will I get a copy of this?)", "You'll find it under 'My messages' (from tomorrow|in an hour)."),
        ("(what's your name again?|who am I talking to?)", "I'm <agent>, and it's all in the notes, so any colleague can go on with it."),
        ("(do my points stay?|what about my member points?)", "Your points stay as they are."),
        ("(do you still have that code from the newsletter?|any discount at the moment?)", "There's <coupon> until <next_day>, not on reduced goods though."),
    ),
    discloses={
        "card": ("(the card is|card number is|paid with) <card>[, valid to 0<small>/2<days>].", "(it's the|from my) card <card>.", "here is the card: <card>"),
        "iban": ("(please send it to|my account is|IBAN is) <iban>.", "<iban> (is the account|that's my account), (name as on the order|same name).", "account: <iban>"),
        "email": ("(my mail is|use|the account is on|write to) <email>[ please].", "<email> is (the address|my mail)."),
        "phone": ("(you can call me on|my number is|ring me:) <phone>[, after <hour>].", "<phone>, (call any time|that's my mobile)."),
        "address": ("(the address is|I live at|please send it to) <address>.", "<address>, (second floor|ring at the side door|name's on the bell)."),
    },
    mail_hello=("Hello,", "Hi,", "Dear Nordwind team,", "Good day,", "To whom it may concern,", "Hi team,"),
    mail_bye=("Regards,", "Kind regards,", "Thanks,", "Best,", "Many thanks,", ""),
    mail_greeting="Dear <given>,",
    bot_hello="Hello, I'm the <bot>.",
    bot_passes=("I'll bring in a colleague now. They see what you wrote.", "I am passing you on to a person. You don't need to repeat anything.", "Understood, a colleague takes over."),
    bot_lost=("I'm not sure I understood. Could you say it in other words?", "Sorry, I can't place that. Is it about an order, a payment or a product?"),
    bot_ends=("Good to hear. Have a nice day!", "You're welcome. I'll close this chat now.", "Glad that helped."),
    bot_closed="Our colleagues are back at seven in the morning. I have noted your question, they will answer by e-mail.",
    transfer=("(That's one for|This belongs to) our <team> team, I'll pass you on (with my notes|so you needn't repeat it).", "(My colleague|A colleague) in <team> knows this better, (one moment|you stay in this chat)."),
    survey="How was it? 1 is bad, 5 is very good. It takes a second.",
    auto_closed="We have not heard from you for a while, so this request was closed. Just answer and it opens again.",
    praise=("quick and friendly", "<agent> was great", "solved at once", "very patient, thanks", "clear answer", "exactly what I needed", "friendly, no fuss"),
    blame=("took far too long", "had to explain it (twice|three times)", "still not solved", "nobody knows the rules", "the bot was useless", "(friendly|nice) but no help", "a lot of text, no answer"),
)  # fmt: skip

GERMAN = Phrases(
    hello=("Hallo,", "Guten Tag,", "Moin,", "Hi,", "", ""),
    again=("Ich hatte schon einmal geschrieben.", "Ich bin es noch einmal."),
    mood={
        "calm": ("", "", "Vielen Dank im Voraus."),
        "hurried": ("Bitte (schnell|kurz), ich bin bei der Arbeit.", "Es eilt etwas."),
        "annoyed": ("Langsam (nervt es|reicht es).", "Das kenne ich von Ihnen anders."),
        "angry": ("Das ist eine Frechheit!", "Mir reicht es jetzt.", "So einen schlechten Service habe ich noch nie erlebt."),
        "happy": ("Sonst bin ich immer sehr zufrieden.",),
    },
    impatient=("Hallo?", "Noch da?", "Wie lange dauert das?"),
    ask_person=("Bitte einen Mitarbeiter", "Ich möchte mit einem Menschen sprechen", "Mitarbeiter bitte, kein Bot"),
    unhelped=("Das hilft mir nicht.", "Das weiß ich schon.", "Das war nicht meine Frage."),
    thanks=("Danke!", "Vielen Dank[, <agent>]!", "Super, danke schön.", "Prima, danke für die Hilfe."),
    bye=("Ihnen auch!", "Tschüss", "Nein, das war alles. Danke."),
    talk=(("(Bekomme ich das per Mail?|Schicken Sie mir das per Mail?)", "Ja, die Mail ist unterwegs."), ("(Hat der Laden in <town> samstags auf?|Wann öffnet der Laden in <town>?)", "Von zehn bis <hour>, auch samstags.")),
    discloses={
        "card": ("Die Karte ist <card>.", "Bezahlt mit <card>."),
        "iban": ("(Bitte an|Mein Konto ist) <iban>.", "IBAN: <iban>"),
        "email": ("Meine Adresse ist <email>.",),
        "phone": ("Sie erreichen mich unter <phone>.", "Telefon <phone>."),
        "address": ("Die Anschrift ist <address>.",),
    },
    mail_hello=("Guten Tag,", "Hallo,", "Sehr geehrte Damen und Herren,"),
    mail_bye=("Mit freundlichen Grüßen", "Viele Grüße", "Danke und Gruß"),
    mail_greeting="Guten Tag <given>,",
    bot_hello="Hallo, ich bin der <bot>.",
    bot_passes=("Ich hole jetzt eine Kollegin oder einen Kollegen dazu.", "Ich gebe Sie an einen Menschen weiter, er sieht das Gespräch."),
    bot_lost=("Das habe ich nicht verstanden. Können Sie es anders sagen?",),
    bot_ends=("Gern geschehen. Einen schönen Tag!", "Schön, dass es geklappt hat."),
    bot_closed="Unsere Kolleginnen und Kollegen sind ab sieben Uhr wieder da und antworten per E-Mail.",
    transfer=("Das ist etwas für unser Team <team>, ich gebe Sie mit meinen Notizen weiter.",),
    survey="Wie war es? 1 ist schlecht, 5 ist sehr gut.",
    auto_closed="Wir haben länger nichts gehört und schließen die Anfrage. Eine Antwort öffnet sie wieder.",
    praise=("schnell und freundlich", "sofort gelöst", "sehr geduldig"),
    blame=("viel zu lange gewartet", "dreimal erklärt", "noch immer offen"),
)  # fmt: skip

SPANISH = Phrases(
    hello=("Hola,", "Buenas,", "Buenos días,", "", ""),
    again=("Ya escribí antes.", "Soy yo otra vez."),
    mood={
        "calm": ("", "", "Gracias de antemano."),
        "hurried": ("Es algo urgente.", "Estoy trabajando, sea breve por favor."),
        "annoyed": ("Empiezo a cansarme.", "No es lo que esperaba de ustedes."),
        "angry": ("¡Esto es una vergüenza!", "Ya estoy harto.", "El peor servicio que he visto."),
        "happy": ("Me encanta la tienda.",),
    },
    impatient=("¿Hola?", "¿Sigue ahí?", "¿Cuánto falta?"),
    ask_person=("quiero hablar con una persona", "un agente por favor", "no quiero un bot, una persona"),
    unhelped=("Eso no me ayuda.", "Eso ya lo sabía.", "No es lo que pregunté."),
    thanks=("¡Gracias!", "Muchas gracias[, <agent>].", "Perfecto, gracias por la ayuda."),
    bye=("Igualmente.", "Nada más, gracias.", "Adiós"),
    talk=(("¿(Me lo manda por correo?|Recibo un correo?)", "Sí, ya va de camino."), ("¿(Abre la tienda de <town> el sábado?|A qué hora abre la tienda de <town>?)", "De diez a <hour>, también los sábados.")),
    discloses={
        "card": ("La tarjeta es <card>.", "Pagué con <card>."),
        "iban": ("Mi cuenta es <iban>.", "IBAN: <iban>"),
        "email": ("Mi correo es <email>.",),
        "phone": ("Mi teléfono es <phone>.",),
        "address": ("La dirección es <address>.",),
    },
    mail_hello=("Hola,", "Buenos días,", "Estimados señores,"),
    mail_bye=("Un saludo,", "Gracias y saludos,"),
    mail_greeting="Hola <given>,",
    bot_hello="Hola, soy el <bot>.",
    bot_passes=("Le paso con una persona del equipo.", "Un compañero sigue con su caso."),
    bot_lost=("No le he entendido. ¿Puede decirlo de otra forma?",),
    bot_ends=("De nada. ¡Buen día!", "Me alegro de haber ayudado."),
    bot_closed="El equipo vuelve a las siete de la mañana y le responde por correo.",
    transfer=("Esto lo lleva el equipo de <team>, le paso con mis notas.",),
    survey="¿Qué tal ha ido? 1 es mal, 5 es muy bien.",
    auto_closed="No hemos tenido respuesta y cerramos la consulta. Si contesta, se abre de nuevo.",
    praise=("rápido y amable", "resuelto a la primera"),
    blame=("demasiada espera", "sigue sin resolverse"),
)  # fmt: skip

PHRASES = {"en": ENGLISH, "de": GERMAN, "es": SPANISH}

# How somebody writes who does not know the new return policy: much text, little answer.
STRUGGLING = (
    "So the new policy, which came in on the first of November, says (in its second paragraph|further down) that goods can go back within 30 days unless the order was placed before, in which case it might still be 60, although the page (reads|seems to read) the date of the return and not of the order, and I would have to check which of the two (counts|holds) for <order>. (Please bear with me while I read it again.|I am not completely sure, I'll look it up once more.)",
    "I am looking at the table of the return policy and (there are|I see) three rows that could fit: ordered before, ordered after, and member orders. For members there is (an exception|a footnote) about the label fee of <fee>, but (it does not say|I can't find) whether it holds for reduced goods. (I would say|My guess is) that you pay it, but (please don't take my word for it|I may be wrong).",
    "What I said before (was not quite right|has to be corrected), sorry. According to the (new page|internal note) the fee of <fee> is taken first and (perhaps|in some cases) paid back later, if the return is accepted as an old one. (I'd have to ask|I need to ask) a colleague whether <order> is an old one.",
    "To be honest I (do not know|cannot tell) from here. The policy changed (this month|just now) and the training (is only next week|hasn't happened yet). I could (open|file) the return and then we see what the system does with it, it may be (refused|declined) again though.",
    "(Thank you for waiting|Sorry for the long wait). I read the paragraph again: 'Goods ordered before the effective date remain subject to the previous period unless otherwise stated.' (I think that means 60 days for you, but the fee is under another heading.|That sounds like 60 days, but the system shows me 30.)",
)  # fmt: skip

WHISPERS = (
    "The order date decides, see the pinned note in the channel. You can refund the label.",
    "Keep it short here: one answer, one next step.",
    "The customer is losing patience, offer the goodwill code.",
    "Provider confirmed the duplicates, you can promise today's reversal.",
    "Nice handling, <agent>.",
)
