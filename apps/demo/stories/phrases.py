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
    # To an answer of a person that answers little.
    confused: tuple[str, ...]
    thanks: tuple[str, ...]
    # To a good wish, to the question whether there is more, and when it went wrong.
    bye: tuple[str, ...]
    nothing_more: tuple[str, ...]
    bye_upset: tuple[str, ...]
    # Question and answer pairs that fit anywhere.
    talk: tuple[tuple[str, str], ...]
    # Kind of personal data to how it is said.
    discloses: dict[str, tuple[str, ...]]
    mail_hello: tuple[str, ...]
    # At the head of the customer's second letter.
    mail_again: tuple[str, ...]
    mail_bye: tuple[str, ...]
    mail_greeting: str
    phone_hello: tuple[str, ...]
    phone_take_over: tuple[str, ...]
    bot_hello: str
    # Questions to an AI agent that fit anywhere.
    bot_talk: tuple[tuple[str, str], ...]
    bot_passes: tuple[str, ...]
    bot_lost: tuple[str, ...]
    bot_ends: tuple[str, ...]
    bot_closed: str
    transfer: tuple[str, ...]
    # When what should have solved it did not.
    solves_again: tuple[str, ...]
    survey: str
    survey_bot: str
    auto_closed: str
    praise: tuple[str, ...]
    blame: tuple[str, ...]


ENGLISH = Phrases(
    hello=("hi,", "hello,", "hey,", "hi there,", "", "", "", "hello Nordwind team,", "quick one:"),
    again=("I (wrote|was in touch) earlier already.", "me again.", "(second|third) time I contact you about this.", "I was in touch with one of you (before|earlier)."),
    mood={
        "calm": ("", "", "Thanks in advance."),
        "hurried": ("(I'm at work|I'm on the train) so please be quick.", "(Got|Have) five minutes.", "It's (rather|a bit) urgent."),
        "annoyed": ("(This is getting|It's getting) (tiresome|old).", "(Not what I expect|That's not what I expected) from you.", "(Getting a bit tired of this.|I'm running out of patience.)"),
        "angry": ("(This is ridiculous.|Absolutely ridiculous.)", "(I've had enough|I'm fed up) (of this|with you).", "(Worst|Poorest) service (in years|I've ever had).", "(Unbelievable!!|What a joke!!)", "(I'll take this to the consumer office|Expect a review) if this isn't solved today."),
        "happy": ("(Love your shop by the way.|Big fan of your stuff.)", "(You've always been great.|You helped me well last time.)"),
    },
    impatient=("(hello?|anybody there?|still there?)", "how (long|much longer)?", "(are you a bot?|is someone reading this?)", "??", "(still waiting|waiting)…"),
    ask_person=("agent please", "(can I|could I) (talk|speak) to a (real person|human|person)[ please]?", "(I want|give me) a human[, not a bot]", "(representative|operator|human) please", "(just get me|put me through to) someone[ who can help]", "no more bot, I want a person"),
    unhelped=("that doesn't (help|answer my question)", "(no|nope), that's not (it|what I asked)", "(I know that already|I've read that already)", "you (just|already) said that"),
    thanks=("(thanks|thank you|cheers|thx)[ a lot][, <agent>]", "(great|perfect|brilliant), (thanks|thank you)", "ok (thanks|thank you)[ for your help]", "that (helps|helped), (thanks|cheers)", "(super|lovely), (you've been very helpful|that was quick)"),
    confused=("so (is that a yes or a no?|which one is it now?)", "(sorry, )that doesn't answer my question", "can you just tell me (yes or no|which one counts)?", "I've read that twice and I'm none the wiser", "do you know it or (not|are you guessing)?"),
    bye=("(you too|same to you)[!]", "(bye|thanks), (you too|same to you)", "(bye|take care)"),
    nothing_more=("no that's (all|it), (bye|thanks)", "that's all, thank you", "nothing else, thanks"),
    bye_upset=("ok. bye.", "(we'll see|let's see).", "fine."),
    talk=(
        ("(is the shop in <town> open on Sunday?|when does the shop in <town> open?)", "Monday to Saturday, 10:00 to <hour>, closed on Sundays."),
        ("(will I get a copy of this?|can I have that in writing?)", "Yes, a short summary goes to the mail address of your account."),
        ("(what's your name again?|who am I talking to?)", "I'm <agent>, and it's all in the notes, so any colleague can go on with it."),
        ("(do my points stay?|what about my member points?)", "Your points stay as they are."),
    ),
    discloses={
        "card": ("(the card is|card number is|paid with) <card>[, valid to 0<small>/2<days>].", "(it's the|from my) card <card>.", "here is the card: <card>"),
        "iban": ("(please send it to|my account is|IBAN is) <iban>.", "<iban> (is the account|that's my account), (name as on the order|same name).", "account: <iban>"),
        "email": ("(my mail is|use|the account is on|write to) <email>[ please].", "<email> is (the address|my mail)."),
        "phone": ("(you can call me on|my number is|ring me:) <phone>[, after <hour>].", "<phone>, (call any time|that's my mobile)."),
        "address": ("(the address is|I live at|please send it to) <address>.", "<address>, (second floor|ring at the side door|name's on the bell)."),
    },
    mail_hello=("Hello,", "Hi,", "Dear Nordwind team,", "Good day,", "To whom it may concern,", "Hi team,"),
    mail_again=("Hello again,", "Hi,", "Hello,"),
    phone_hello=("Nordwind Shop, (this is <agent>|<agent> speaking), (how can I help?|what can I do for you?)", "Hello, you've reached Nordwind Shop, my name is <agent>."),
    phone_take_over=("Hello, this is <agent>, my colleague told me what it's about.", "<agent> speaking, I have the notes in front of me."),
    mail_bye=("Regards,", "Kind regards,", "Thanks,", "Best,", "Many thanks,", ""),
    mail_greeting="Dear <given>,",
    bot_hello="Hello, I'm the <bot>.",
    bot_talk=(
        ("(do I get a mail about it?|is that in writing?)", "Yes, this conversation is under 'My messages' in your account."),
        ("(and if that doesn't work?|what if it goes wrong?)", "Then write here again, I can bring in a colleague."),
        ("(ok and is there anything I have to do?|do I have to do anything?)", "No, there is nothing more to do for you."),
    ),
    bot_passes=("I'll bring in a colleague now. They see what you wrote.", "I am passing you on to a person. You don't need to repeat anything.", "Understood, a colleague takes over."),
    bot_lost=("I'm not sure I understood. Could you say it in other words?", "Sorry, I can't place that. Is it about an order, a payment or a product?"),
    bot_ends=("Good to hear. Have a nice day!", "You're welcome. I'll close this chat now.", "Glad that helped."),
    bot_closed="Our colleagues are back at seven in the morning. I have noted your question, they will answer by e-mail.",
    solves_again=("I've gone through it again and done it by hand this time, you'll get a mail within the hour.", "I found where it got stuck and pushed it through myself. I'll look at it once more tomorrow."),
    transfer=("(That's one for|This belongs to) our <team> team, I'll pass you on with my notes.", "(My colleague|A colleague) in <team> knows this better, (one moment please|just a moment)."),
    survey_bot="Did that help? Yes or no is enough.",
    survey="How was it? 1 is bad, 5 is very good. It takes a second.",
    auto_closed="We have not heard from you for a while, so this request was closed. Just answer and it opens again.",
    praise=("quick and friendly", "<agent> was great", "solved at once", "very patient, thanks", "clear answer", "exactly what I needed", "friendly, no fuss"),
    blame=("took far too long", "had to explain it (twice|three times)", "still not solved", "nobody knows the rules", "(friendly|nice) but no help", "a lot of text, no answer"),
)  # fmt: skip

GERMAN = Phrases(
    hello=("Hallo,", "Guten Tag,", "Moin,", "Hi,", "", ""),
    again=("ich hatte mich schon einmal gemeldet.", "ich bin es noch einmal."),
    mood={
        "calm": ("", "", "Vielen Dank im Voraus."),
        "hurried": ("Bitte (schnell|kurz), ich bin bei der Arbeit.", "Es eilt etwas."),
        "annoyed": ("Langsam (nervt es|reicht es).", "Das kenne ich von Ihnen anders.", "So langsam verliere ich die Geduld."),
        "angry": ("Das ist eine Frechheit!", "Mir reicht es jetzt.", "So einen schlechten Service habe ich noch nie erlebt."),
        "happy": ("Sonst bin ich immer sehr zufrieden.",),
    },
    impatient=("Hallo?", "Noch da?", "Wie lange dauert das?"),
    ask_person=("Bitte einen Mitarbeiter", "Ich möchte mit einem Menschen sprechen", "Mitarbeiter bitte, kein Bot"),
    unhelped=("Das hilft mir nicht.", "Das weiß ich schon.", "Das war nicht meine Frage."),
    confused=("Also was gilt denn nun?", "Das beantwortet meine Frage nicht.", "Heißt das jetzt ja oder nein?"),
    thanks=("Danke[, <agent>]!", "Vielen Dank[, <agent>]!", "Super, danke schön.", "Prima, danke für die Hilfe."),
    bye=("Danke, Ihnen auch!", "Tschüss!", "Gleichfalls!"),
    nothing_more=("Nein, das war alles. Danke.", "Nein danke, das war's."),
    bye_upset=("Na gut.", "Mal sehen.", "Tschüss."),
    talk=(
        ("(Bekomme ich das auch per Mail?|Schicken Sie mir das noch per Mail?)", "Ja, eine kurze Zusammenfassung geht an die Adresse im Konto."),
        ("(Hat der Laden in <town> samstags auf?|Wann öffnet der Laden in <town>?)", "Montag bis Samstag von 10 bis <hour>."),
        ("(Bleiben meine Punkte erhalten?|Und meine Bonuspunkte?)", "Ja, die Punkte bleiben, wie sie sind."),
    ),
    discloses={
        "card": ("Die Karte ist <card>.", "Bezahlt mit <card>."),
        "iban": ("(Bitte an|Mein Konto ist) <iban>.", "IBAN: <iban>"),
        "email": ("Meine Mailadresse ist <email>.", "Sie erreichen mich unter <email>."),
        "phone": ("Sie erreichen mich unter <phone>.", "Telefon <phone>."),
        "address": ("Die Anschrift ist <address>.",),
    },
    mail_hello=("Guten Tag,", "Hallo,", "Sehr geehrte Damen und Herren,"),
    mail_again=("Guten Tag!", "Hallo noch einmal!"),
    phone_hello=("Nordwind Shop, mein Name ist <agent>, was kann ich für Sie tun?", "Guten Tag, hier ist <agent> vom Nordwind Shop."),
    phone_take_over=("Guten Tag, hier ist <agent>, ich weiß schon, worum es geht.",),
    mail_bye=("Mit freundlichen Grüßen", "Viele Grüße", "Danke und Gruß"),
    mail_greeting="Guten Tag <given>!",
    bot_hello="Hallo, ich bin der <bot>.",
    bot_talk=(
        ("(Bekomme ich dazu eine Mail?|Steht das irgendwo?)", "Ja, dieses Gespräch finden Sie im Konto unter 'Meine Nachrichten'."),
        ("(Und wenn das nicht klappt?|Was, wenn es schiefgeht?)", "Dann schreiben Sie hier noch einmal, ich hole gern jemanden dazu."),
        ("(Muss ich noch etwas tun?|Was muss ich jetzt tun?)", "Nein, Sie müssen nichts weiter tun."),
    ),
    bot_passes=("Ich hole jetzt eine Kollegin oder einen Kollegen dazu.", "Ich gebe Sie an einen Menschen weiter, Sie müssen nichts wiederholen."),
    bot_lost=("Das habe ich leider nicht verstanden. Können Sie es anders sagen?", "Das kann ich nicht zuordnen. Geht es um eine Bestellung, eine Zahlung oder ein Produkt?"),
    bot_ends=("Gern geschehen. Einen schönen Tag!", "Schön, dass es geklappt hat."),
    bot_closed="Unsere Kolleginnen und Kollegen sind ab sieben Uhr wieder da und antworten per E-Mail.",
    solves_again=("Ich bin es noch einmal durchgegangen und habe es diesmal von Hand erledigt, Sie bekommen gleich eine Mail.", "Ich habe gefunden, wo es hing, und schaue morgen noch einmal nach."),
    transfer=("Das gehört zu unserem Team <team>, ich gebe Sie mit meinen Notizen weiter.", "Da kennt sich unser Team <team> besser aus, einen Moment bitte."),
    survey_bot="Hat das geholfen? Ja oder nein genügt.",
    survey="Wie zufrieden waren Sie? 1 ist schlecht, 5 ist sehr gut.",
    auto_closed="Wir haben länger nichts gehört und schließen die Anfrage. Eine Antwort öffnet sie wieder.",
    praise=("schnell und freundlich", "sofort gelöst", "sehr geduldig"),
    blame=("viel zu lange gewartet", "musste es dreimal erklären", "immer noch nicht gelöst"),
)  # fmt: skip

SPANISH = Phrases(
    hello=("Hola,", "Buenas,", "Buenos días,", "", ""),
    again=("ya les escribí antes.", "soy yo otra vez."),
    mood={
        "calm": ("", "", "Gracias de antemano."),
        "hurried": ("Es algo urgente.", "Estoy en el trabajo, vaya al grano, por favor."),
        "annoyed": ("Empiezo a cansarme.", "No es lo que esperaba de ustedes.", "Se me está acabando la paciencia."),
        "angry": ("¡Esto es una vergüenza!", "Ya no aguanto más.", "Es el peor servicio que he visto."),
        "happy": ("Me encanta la tienda.",),
    },
    impatient=("¿Hola?", "¿Sigue ahí?", "¿Cuánto falta?"),
    ask_person=("quiero hablar con una persona", "un agente por favor", "no quiero un bot, una persona"),
    unhelped=("Eso no me ayuda.", "Eso ya lo sabía.", "No es lo que pregunté."),
    confused=("Entonces, ¿sí o no?", "Eso no responde a mi pregunta.", "¿Y cuál de las dos vale?"),
    thanks=("¡Gracias[, <agent>]!", "Muchas gracias[, <agent>].", "Perfecto, gracias por la ayuda."),
    bye=("Igualmente.", "Gracias, igualmente.", "¡Hasta luego!"),
    nothing_more=("Nada más, gracias.", "No, eso era todo, gracias."),
    bye_upset=("Bueno.", "Ya veremos.", "Adiós."),
    talk=(
        ("¿(Me lo manda por correo?|Recibiré un correo?)", "Sí, le enviamos un resumen al correo de su cuenta."),
        ("¿(Abre la tienda de <town> el sábado?|A qué hora abre la tienda de <town>?)", "De lunes a sábado, de 10:00 a <hour>."),
        ("¿(Conservo mis puntos?|Y mis puntos?)", "Sí, los puntos se quedan como están."),
    ),
    discloses={
        "card": ("La tarjeta es <card>.", "Pagué con <card>."),
        "iban": ("Mi cuenta es <iban>.", "IBAN: <iban>"),
        "email": ("Mi correo es <email>.",),
        "phone": ("Mi teléfono es <phone>.",),
        "address": ("La dirección es <address>.",),
    },
    mail_hello=("Hola:", "Buenos días:", "Estimados señores:"),
    mail_again=("Hola de nuevo:", "Buenos días:"),
    phone_hello=("Nordwind Shop, le atiende <agent>, ¿en qué puedo ayudarle?", "Nordwind Shop, buenos días, soy <agent>."),
    phone_take_over=("Buenos días, soy <agent>, mi compañero ya me ha contado el caso.",),
    mail_bye=("Un saludo,", "Gracias y saludos,"),
    mail_greeting="Hola, <given>:",
    bot_hello="Hola, soy el <bot>.",
    bot_talk=(
        ("¿(Me llega un correo?|Queda por escrito?)", "Sí, esta conversación está en su cuenta, en 'Mis mensajes'."),
        ("¿(Y si no funciona?|Y si sale mal?)", "Entonces escríbanos de nuevo y le paso con una persona."),
        ("¿(Tengo que hacer algo más?|Qué tengo que hacer?)", "No, no tiene que hacer nada más."),
    ),
    bot_passes=("Le paso con una persona del equipo.", "Un miembro del equipo sigue con su caso."),
    bot_lost=("No le he entendido. ¿Puede decirlo de otra forma?", "No sé a qué se refiere. ¿Es sobre un pedido, un pago o un producto?"),
    bot_ends=("De nada. ¡Buen día!", "Me alegro de haber ayudado."),
    bot_closed="El equipo vuelve a las siete de la mañana y le responde por correo.",
    solves_again=("Lo he revisado otra vez y lo he hecho a mano, enseguida le llega un correo.", "Ya he visto dónde se quedó parado y mañana lo vuelvo a comprobar."),
    transfer=("Esto lo lleva el equipo de <team>, le paso con mis notas.",),
    survey_bot="¿Le ha servido? Basta con un sí o un no.",
    survey="¿Qué tal ha ido? Puntúe del 1 al 5, donde 5 es muy bien.",
    auto_closed="No hemos tenido respuesta y cerramos la consulta. Si contesta, se abre de nuevo.",
    praise=("rápido y amable", "resuelto a la primera"),
    blame=("demasiada espera", "sigue sin resolverse"),
)  # fmt: skip

PHRASES = {"en": ENGLISH, "de": GERMAN, "es": SPANISH}

# How somebody writes who does not know the new return policy: much text, little answer.
STRUGGLING = (
    "So the new policy, which came in just now, says (in its second paragraph|further down) that goods can go back within 30 days unless the order was placed before, in which case it might still be 60, although the page (reads|seems to read) the date of the return and not of the order, and I would have to check which of the two (counts|holds) for <order>. (Please bear with me while I read it again.|I am not completely sure, I'll look it up once more.)",
    "I am looking at the table of the return policy and (there are|I see) three rows that could fit: ordered before, ordered after, and member orders. For members there is (an exception|a footnote) about the label fee of <fee>, but (it does not say|I can't find) whether it holds for reduced goods. (I would say|My guess is) that you pay it, but (please don't take my word for it|I may be wrong).",
    "What I said before (was not quite right|has to be corrected), sorry. According to the (new page|internal note) the fee of <fee> is taken first and (perhaps|in some cases) paid back later, if the return is accepted as an old one. (I'd have to ask|I need to ask) a colleague whether <order> is an old one.",
    "To be honest I (do not know|cannot tell) from here. The policy changed (this month|just now) and the training (is only next week|hasn't happened yet). I could (open|file) the return and then we see what the system does with it, it may be (refused|declined) again though.",
    "(Thank you for waiting|Sorry for the long wait). I read the paragraph again: 'Goods ordered before the effective date remain subject to the previous period unless otherwise stated.' (I think that means 60 days for you, but the fee is under another heading.|That sounds like 60 days, but the system shows me 30.)",
)  # fmt: skip

WHISPERS = (
    "The order date decides, see the pinned note in the channel. You can refund the label.",
    "Keep it short here: one answer, one next step.",
    "The customer is losing patience. Ordered before the change means 60 days, just say that.",
)
