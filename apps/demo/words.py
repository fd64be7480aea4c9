"""What people say at Nordwind Shop: topics written as clauses that are put together with a fixed seed.

Placeholders in braces are filled by the story: {name} {first} {order} {email} {phone} {card} {iban} {street} {item}.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    key: str
    line: str  # the queue it belongs to
    intent: str
    subject: str
    openings: tuple[str, ...]
    details: tuple[str, ...]
    answers: tuple[str, ...]
    replies: tuple[str, ...]
    fixes: tuple[str, ...]
    ai: tuple[str, ...] = ()
    knowledge: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()  # what a customer says when asked for details


ITEMS = (
    "Fjell 2 tent", "Skarv rain jacket", "Tinder stove", "Aurora 2 headlamp", "Varg 45 pack", "Lomma sleeping bag",
    "Kettu trail shoes", "Brisk merino top", "Hald hiking boots", "Nattlys lantern",
)  # fmt: skip

TOPICS = (
    Topic(
        "late_parcel", "whatsapp", "order_status", "Where is my parcel",
        ("hi, where is my {item}?", "My parcel should have been here on Monday", "order {order} hasn't moved in four days",
         "Hallo, wo bleibt meine Bestellung {order}?", "tracking says delivered but there is nothing here"),
        ("The tracking page has said 'in transit' since last week.", "We leave for Norway on Friday so I need it.",
         "The neighbour has nothing either.", "It is a birthday present, so it is a bit urgent"),
        ("I have it in front of me: it sat at the depot in Leipzig over the weekend.",
         "The carrier lost the scan, but the parcel itself is on the van today.",
         "That one was misrouted. I can send a second one by express now."),
        ("ok and when exactly?", "Can you send it to {street} instead?", "that is what they told me on Tuesday too",
         "great, thank you"),
        ("It is booked for tomorrow before noon, you will get a text.", "The replacement left the warehouse just now.",
         "I have refunded the shipping as well, sorry for the wait."),
        ("Order {order} is with the carrier and should arrive within two working days.",
         "I can see order {order}. It left our warehouse yesterday evening."),
        ("kb/shipping-times", "kb/lost-parcels"),
        ("my email is {email}", "you can ring me on {phone}", "Name is {name}, {street}"),
    ),
    Topic(
        "exchange", "whatsapp", "exchange_size", "Exchange for another size",
        ("The {item} is a size too small, can I swap it?", "need the {item} one size up pls", "wrong size came, I ordered L"),
        ("Tags are still on.", "I only tried it on indoors.", "ordered two so I could choose, the other one fits"),
        ("Happy to swap it. The larger one is in stock.", "We have three left in that size, I will keep one for you."),
        ("do I pay the postage?", "Can I drop it at the store in Hamburg?", "perfect"),
        ("The label is in your mail, the new one goes out when yours is scanned.", "Done, the return is free."),
        (), ("kb/returns",), ("send the label to {email} please",),
    ),
    Topic(
        "refund", "billing", "refund_status", "Refund not arrived",
        ("I sent the {item} back two weeks ago and no refund", "Where is my money? order {order}",
         "refund still missing!!", "¿Cuándo llega el reembolso del pedido {order}?"),
        ("You confirmed the return on the 9th.", "My bank says nothing is on its way.", "I have called twice already."),
        ("The return was booked, but the payout failed because the card had expired.",
         "I can see the return. The refund was approved this morning."),
        ("so when will I have it", "this is the third time I explain this", "Why did nobody tell me?", "ok thanks for checking"),
        ("I have sent it to your account now, it takes one to two banking days.", "Paid out again, reference is in your mail."),
        ("Refunds reach your account within five banking days of the return.", "I see the return of {order}; its refund is being worked on."),
        ("kb/refund-times",),
        ("please send it to {iban}", "the new card is {card}", "my account is {iban}, {name}"),
    ),
    Topic(
        "double_charge", "billing", "double_charge", "Charged twice",
        ("I was charged twice for order {order}", "two payments on my card for one {item}??",
         "you took the money twice, sort it out", "Why are there two debits of the same amount?"),
        ("Both are from this morning.", "My account is overdrawn because of you.", "The second one is still pending."),
        ("You are right, our payment provider took it twice. The second one is being reversed.",
         "I see both payments. Only one belongs to an order."),
        ("how long will that take", "I want to speak to somebody who can fix it today", "and the overdraft fee?", "ok"),
        ("The reversal is on its way, and I have noted the fee for our finance team.",
         "It is cancelled. Your bank shows it again within two days."),
        ("A second payment is often a reservation that disappears by itself.", "Could you tell me the order number?"),
        ("kb/payments",),
        ("the card is {card}", "it ends with the number you have, {name}", "card {card}, mail {email}"),
    ),
    Topic(
        "invoice", "email", "invoice_change", "Invoice with another address",
        ("Could you reissue the invoice for {order} with our company address?", "The invoice lacks our VAT number.",
         "Bitte die Rechnung zu {order} auf die Firma ausstellen."),
        ("Our accounting closes the month tomorrow.", "The address on it is my private one."),
        ("I have made a new invoice with the company address, it is attached.", "Please confirm the VAT number and I will reissue it today."),
        ("The number is DE 129 384 756, address {street}.", "Thank you, that is all."),
        ("The corrected invoice is attached.", "Done. The old one has been cancelled."),
        (), ("kb/invoices",), ("Please send it to {email}, regards, {name}",),
    ),
    Topic(
        "coupon", "sales", "coupon", "Coupon does not work",
        ("the code SUMMIT15 doesn't work", "My coupon says expired but the mail came today", "coupon field just reloads the page"),
        ("I have the {item} in the basket.", "Tried on phone and laptop."),
        ("That code needs an order of 80 or more, you are just below.", "The code was set up with the wrong end date, I can apply it by hand."),
        ("oh. can you make an exception?", "ok works now, cheers", "bit silly to send it then"),
        ("Applied, please reload the basket.", "I have added a code for you alone, valid today."),
        (), ("kb/coupons",), ("my account is {email}",),
    ),
    Topic(
        "locked", "tech", "account_locked", "Account locked",
        ("I'm locked out of my account", "it says too many attempts, I only tried once", "cant log in, the reset mail never comes"),
        ("Changed my phone yesterday.", "I checked spam."),
        ("The lock is from a login out of another country. Was that you?", "Your mail provider refuses our mails, I can see the bounce."),
        ("no that was not me", "yes I was on holiday", "so what now"),
        ("I have unlocked it and ended all other sessions.", "A reset link is on its way to the address we know."),
        (), ("kb/account",), ("the account is {email}", "use {email} or text {phone}"),
    ),
    Topic(
        "login_loop", "tech", "app_problem", "App keeps signing me out",
        ("the app logs me out every time I open the basket", "app login loop since the update", "App hängt beim Anmelden"),
        ("Pixel 8, newest version.", "Reinstalled twice."),
        ("We know this one: it is the saved payment that breaks the session. Could you remove it once?", "Version 5.2.1 fixes it, it is rolling out today."),
        ("where do I find that", "ok that helped", "still the same"),
        ("Settings, Payment, then swipe the old card away.", "I have put your account on the fixed version."),
        (), ("kb/app-5-2",), ("account is {email}",),
    ),
    Topic(
        "tent_pole", "tech", "warranty", "Tent pole broken",
        ("One pole of my Fjell 2 snapped in light wind", "pole segment 3 is split", "the ferrule came off the tent pole"),
        ("Used it four nights.", "I can send photos."),
        ("That should not happen. Segment 3 of that batch is too thin, I will send a new set.", "Please tape it for now; a spare set is free under warranty."),
        ("how long does the set take?", "we are in the middle of a trip", "super, thanks"),
        ("It goes to {street} by express.", "The spare set leaves today, instructions are in the box."),
        (), ("kb/tent-repair",), ("Post it to {name}, {street}", "my number is {phone}"),
    ),
    Topic(
        "boot_fit", "sales", "product_advice", "Which boots fit",
        ("which of your boots are good for wide feet?", "Hald or Kettu for the Alps in June?", "do the Hald boots come up small?"),
        ("I am 43 in most shoes.", "Old ones were Lowa in 43.5."),
        ("Hald runs half a size small and is wider at the toes.", "For snow fields take Hald, for huts and gravel Kettu is enough."),
        ("and can I bring them back after a walk in the garden?", "ok ordering", "hmm let me think about it"),
        ("Yes, 60 days, as long as they are clean.", "I have put both sizes aside for you."),
        ("The Hald boots are made on a wide last and run half a size small.", "Both are fine for June; Hald is stiffer."),
        ("kb/boots",), ("I'm at {email} if you need it",),
    ),
    Topic(
        "stove_fuel", "sales", "product_advice", "Stove and fuel",
        ("can I fly with the Tinder stove?", "which gas fits the Tinder?", "does the Tinder burn petrol?"),
        ("Going to Iceland.", "It is for 10 days, two people."),
        ("The stove yes, fuel never. You get canisters at the camp site in Reykjavik.", "Any threaded canister fits; about 450 g for ten days."),
        ("good to know", "and spares?", "perfect thank you"),
        ("I would take one spare gasket, it weighs nothing.", "Enjoy the trip!"),
        ("The Tinder takes any EN 417 threaded canister.", "The empty, clean stove may fly; fuel may not."),
        ("kb/stoves",), (),
    ),
    Topic(
        "aurora", "tech", "product_question", "Aurora 2 headlamp",
        ("how do I switch the Aurora 2 to red light?", "Aurora 2 firmware, how?", "my new Aurora 2 turns off after 10 minutes"),
        ("Bought it last week.", "The leaflet only shows the old model."),
        ("On the Aurora 2 you turn the ring, the double press was the old model.", "That is the lock timer of firmware 2.0; version 2.1 ends it."),
        ("your bot told me to hold the button for ten seconds and now it is reset", "ah the ring. thanks", "so the chat answer was wrong"),
        ("I have sent you the right guide.", "Update it in the app under Devices and it stays on."),
        ("Hold the button for ten seconds until it blinks.", "Press the button twice for red light."),
        ("kb/aurora-1",), ("serial AUR-{order}, I am {name}",),
    ),
    Topic(
        "click_collect", "whatsapp", "click_and_collect", "Click and collect",
        ("is my order ready in the Berlin store?", "got no pick-up mail for {order}", "can my wife collect {order}?"),
        ("They close at 7.", "The app says 'preparing' since yesterday."),
        ("It is on shelf 14 and waits for you.", "She can, with the code from the mail."),
        ("there is no code", "on my way", "thx"),
        ("The code is in a new mail now.", "I have told the store."),
        ("Order {order} is ready for collection until Saturday.", "It is being prepared, you will get a message."),
        ("kb/collect",), ("she is called {name}, phone {phone}",),
    ),
    Topic(
        "cancel_order", "whatsapp", "cancel_order", "Cancel an order",
        ("please cancel {order}", "ordered twice by mistake, cancel one", "can i still stop order {order}"),
        ("Only five minutes ago.", "The second one has the wrong colour."),
        ("I caught it in time, it is cancelled.", "It left already; refuse it at the door and it comes back free."),
        ("and the money?", "great", "ok will do"),
        ("Nothing was charged.", "The money follows once it is back."),
        ("Order {order} can be cancelled until it is packed. Shall I do it?", "I have sent the cancellation."),
        ("kb/cancel",), (),
    ),
    Topic(
        "gift_card", "billing", "gift_card", "Gift card",
        ("my gift card says zero", "gift card number not accepted", "Where do I enter the gift card?"),
        ("It was a present, so awkward.", "scratched off too much I think"),
        ("It was never switched on at the till. I have done it now.", "Send me the last four characters and I will look it up."),
        ("works!", "the end is 7KQ2", "thank you so much"),
        ("The balance is there now.", "I have sent a new code by mail."),
        ("Gift cards go into the field under the basket.", "The balance of that card could not be read."),
        ("kb/gift-cards",), ("send it to {email}",),
    ),
    Topic(
        "return_policy", "billing", "returns", "Return after 40 days",
        ("can I return the {item} after 40 days?", "your new return policy makes no sense", "site says 60 days, the slip says 30"),
        ("It is unused.", "I was ill and could not come earlier."),
        ("It depends on the day you bought it; one moment.", "The new policy is 60 days for orders from this month, and yours is from before it, so strictly it would be the thirty days that stood on your slip."),
        ("so which is it", "you said something else before", "I'd like another person please", "fine"),
        ("I have made an exception and booked the return.", "A colleague has confirmed the 60 days."),
        (), ("kb/returns-2026",), ("order on {email}",),
    ),
    Topic(
        "phone_delivery", "voice", "order_status", "Call about a delivery",
        ("Yes hello, I'm calling about my delivery, order {order}.", "Good afternoon, I've been waiting in all day for a parcel."),
        ("The driver rang the wrong bell, I think.", "I am seventy-four, I cannot carry it up from the shop."),
        ("Let me look. I see, it is at the parcel shop round the corner.", "I am sorry about that. I'll have it brought again."),
        ("Can they come before noon?", "All right.", "My name is {name}, {street}."),
        ("They come tomorrow between nine and eleven.", "It is booked. Is there anything else I can do?"),
        (), (), ("The number here is {phone}.",),
    ),
    Topic(
        "phone_billing", "voice", "double_charge", "Call about a payment",
        ("I have two charges from you on my statement and I'm not happy.", "Hello, somebody took money from my card twice."),
        ("It's both on the same day.", "My bank told me to call you."),
        ("I can see that. One of them is going back today.", "Let me check the two payments with you."),
        ("How do I know that it really comes?", "You people always say that.", "Thank you, that's clear."),
        ("I'll send you the confirmation while we speak.", "It is reversed, you see it in two days."),
        (), (), ("The card number is {card}.",),
    ),
    Topic(
        "social_praise", "social", "other", "On social media",
        ("@nordwind my {item} survived a week of sideways rain, well done", "third week without an answer @nordwind, really?",
         "@nordwind is the Varg 45 coming back in green?"),
        ("Order was {order}.", "Photo below."),
        ("That makes our day, thank you!", "Sorry about the silence. Please send us a direct message and we sort it out.", "Green is back in March."),
        ("sent a dm", "yay", "finally"),
        ("Got it, you will hear from us today.", "We will remind you."),
        (), (), ("write to {email}",),
    ),
)  # fmt: skip

GREETINGS = {
    0: ("Hi {first}, I am {agent}.", "Hello {first}, {agent} here."),
    1: ("Good day {first}, my name is {agent}, let me have a look.", "Hello, you are speaking with {agent}."),
    2: ("Hey {first}! {agent} from Nordwind, on it.", "Hi there, it's {agent}."),
}
CLOSINGS = ("Anything else I can do?", "Is that all for today?", "Have a good one!", "Take care.", "All sorted then.")
CUSTOMER_GREETINGS = ("hi", "Hello,", "hey there", "Good morning,", "Hallo,", "", "", "")
ANGRY = (
    "This is ridiculous.", "I am really fed up now.", "Worst service I have had in years.",
    "I will take this to the consumer centre.", "Do you even read what I write?", "unbelievable!!",
)  # fmt: skip
HAPPY = ("Thanks, that was quick!", "You are a star.", "brilliant, thank you", "Danke, super!", "ok perfect")
ASKS_FOR_PERSON = (
    "agent please", "can I talk to a real person", "I want a human", "let me speak to somebody, not a bot",
    "Bitte einen Mitarbeiter", "operator", "quiero hablar con una persona",
)  # fmt: skip
NOTES = (
    "Customer wrote yesterday too, see the older chat.", "Carrier confirmed by phone.",
    "Goodwill of 10 approved by Lena.", "Finance has the list of double payments.", "Check the batch number first.",
)  # fmt: skip
PRAISE = ("quick and friendly", "solved at once", "very patient", "")
COMPLAINTS = ("took far too long", "had to explain it three times", "the bot was useless", "still not fixed", "")
FIRST = (
    "Anna", "Erik", "Maja", "Paul", "Greta", "Luca", "Elif", "Jan", "Clara", "Tom", "Nadia", "Felix", "Zoe", "Ivan",
    "Carmen", "Hugo", "Leila", "Otto", "Sara", "Viktor", "Amelia", "Rafael", "Ida", "Milan",
)  # fmt: skip
LAST = (
    "Berg", "Keller", "Novak", "Sorensen", "Moreau", "Ricci", "Yilmaz", "Hansen", "Vogel", "Lindqvist", "Garcia",
    "Petrov", "Schuster", "Dubois", "Okafor", "Jensen", "Marino", "Kowalski", "Haas", "Eriksen",
)  # fmt: skip
STREETS = ("Lindenweg", "Hafenstrasse", "Mill Lane", "Rue du Lac", "Calle Mayor", "Birkenallee", "Station Road")
