"""Orders that are to be collected, changed or cancelled."""

from apps.demo.stories.model import Thread, Topic
from apps.demo.stories.orders import GOODS

CLICK_COLLECT = Topic(
    slug="click-and-collect",
    queues={"whatsapp": 2.5, "voice-priority": 2, "social": 1.5, "email-general": 1},
    intent="click_and_collect",
    sources=("kb:click-and-collect", "tool:store-stock"),
    items=GOODS,
    threads=(
        Thread(
            subject="(Shop <town>: my order is not there|Collecting <order> in <town>)",
            opening=(
                "(I'm standing|I am) in (your|the) shop in <town> and they (can't find|don't have) my click and collect order <order>.",
                "(just been|was just) in <town> to collect order <order>, the shop (has no trace of it|says there's nothing for me).",
            ),
            ask=(
                ("(Do you have|Is there) a six-digit pick-up code in your mail?", "(no code|there's no code), just the order confirmation."),
                ("Is somebody at the counter who could look behind the desk for us?", "yes, she's very nice but can't see it in the system."),
            ),
            found=("The parcel is in <town> but nobody (scanned|booked) it in, that's why the counter can't see it.", "(I see|There is) one <item> on the shelf in <town>, I can release that one for you."),
            solve=("I've called the shop: (Mika|Jo) at the counter has it in hand, please say order <order>.", "It's booked in now, your code is (63|71|58)<small>0<small>4, it works (right away|immediately)."),
            bot="Order <order> was delivered to the shop in <town>. Please show the six-digit code that was sent on <past_day>.",
            bot_talk=(("(I have no code|there was no code)", "I have sent the code again to the address on the order. Please also look in the spam folder."), ("(they still can't find it|the shop says no)", "I have noted for the shop in <town> that order <order> is being looked for.")),
            summary="Click and collect <order>: the shop in <town> cannot see the parcel. The customer may be standing at the counter.",
            note="Shop <town> did not scan it in. Called, found behind the desk.",
            again="the shop in <town> says (again|once more) there's nothing for <order>.",
            talk=(("(can I pay in the shop?|do I pay there?)", "It's paid already, you only need the code."),),
        ),
        Thread(
            subject="(Is <order> ready in <town>?|How long do you keep <order>?)",
            opening=(
                "is order <order> ready (to collect|for pick up) in <town>? (No mail so far.|I haven't had the mail yet.)",
                "until when do you keep my order <order> in <town>? (I can only come <next_day>.|I'm away until <next_day>.)",
            ),
            ask=(("(Which name|What name) is on the order?", "mine, (same as here|the one in the account)."), ("Did you get the mail that says 'on its way to the shop'?", "(yes, on <past_day>|that one yes), but not the second one.")),
            found=("It's on the van from the warehouse, it should be in <town> (tomorrow morning|on <next_day> before noon).", "It arrived this morning and is (being unpacked|not booked in yet)."),
            solve=("You'll get the code as soon as it is booked in, and I've set it to be kept until <next_day> plus a week.", "I've asked <town> to book it in first thing, the code comes by mail."),
            bot="Order <order> is on its way to the shop in <town>. You get a six-digit code by e-mail when it is ready, it is then kept for fourteen days.",
            bot_talk=(("(can I come earlier?|can I come today?)", "Please wait for the code, the parcel is not booked in yet."), ("(can my wife collect it?|can somebody else collect it?)", "Yes, with the code and the order number.")),
            summary="Asks whether <order> is ready in <town>, can only come on certain days.",
            note="Kept a week longer for this customer.",
            again="you said <order> would be ready in <town>. No code yet.",
            talk=(("(is there parking?|where exactly is the shop?)", "It is (behind the station|next to the climbing hall), with parking in the yard."),),
        ),
        Thread(
            subject="(Send <order> home instead|Wrong place chosen for <order>)",
            opening=("I chose (pick-up|collection) in <town> (by mistake|but can't get there), can you (send it home|deliver it) instead? Order <order>.", "can order <order> come to my house after all? I (clicked|chose) the shop in <town> by mistake."),
            ask=(("Shall it go to the address in your account?", "yes please, the one in the account."), ("Would <next_day> suit you for the delivery?", "yes, I'm home on <next_day>.")),
            found=("It hasn't left the warehouse yet, so (that's easy to change|I can change it).",),
            solve=("Changed to home delivery, it leaves with <carrier> on <next_day>, no fee.",),
            bot="The place of order <order> can be changed until it reaches the shop. Shall I have it sent to the address in your account?",
            bot_talk=(("(yes please|yes, send it home)", "Done. Order <order> goes to the address in your account, free of charge."), ("(does it cost extra?|is there a fee?)", "No, home delivery is free for this order.")),
            summary="Order <order> is to be sent home instead of to the shop in <town>.",
            note="Converted to home delivery, no charge.",
            again="<order> went to <town> after all!",
        ),
    ),
    extra=("They close at six.", "I came (forty|thirty) minutes by (car|bus) for this kind of thing before."),
    talk=(("(can somebody else collect it?|can my wife pick it up?)", "Yes, with the pick-up code and the order number."), ("(how long do you keep an order?|until when do you keep things?)", "Fourteen days, after that it goes back and you get the money back.")),
    pleased=("(cheers|thanks a lot), that's sorted then.", "great, that saves me a trip."),
    upset=("why offer collection when the shops can't see the orders.", "not what I call convenient."),
    discloses=("phone", "email"),
    tags=("pickup",),
)  # fmt: skip

CANCEL_ORDER = Topic(
    slug="cancel-order",
    queues={"whatsapp": 2.5, "email-general": 2, "billing-chat": 1.2, "voice-priority": 1.5},
    intent="cancel_order",
    sources=("kb:cancel", "tool:order-lookup"),
    items=GOODS,
    threads=(
        Thread(
            subject="(Cancel order <order>|Please stop <order>)",
            opening=(
                "(please cancel|can you cancel|I need to cancel) order <order>, (I found it cheaper|I picked the wrong colour|my plans changed).",
                "there's no cancel button for <order>, (how do I|how can I) cancel? (It says 'processing'.|I only ordered an hour ago.)",
            ),
            ask=(("(The whole order or only|All of it, or just) the <item>?", "(the whole order|all of it) please."), ("Did you pay by card or with a gift card?", "by card, <amount> in total.")),
            found=("It isn't packed yet, so (there's time|we are early enough).", "It was not picked yet, I've stopped it in the warehouse."),
            solve=("Order <order> is cancelled and <amount> (is on its way back|will be refunded).",),
            bot="Order <order> can still be cancelled. Shall I cancel all of it? The <amount> goes back the way you paid.",
            bot_talk=(("(yes cancel it|yes please, all of it)", "Order <order> is cancelled. The refund of <amount> takes up to <small> working days."), ("(do I get a mail about it?|is that in writing?)", "Yes, the confirmation is in your mailbox.")),
            summary="Wants to cancel order <order> (<item>, <amount>). Not picked yet.",
            note="Cancelled before picking, full refund of <amount>.",
            again="you cancelled <order> and (today a parcel came|now it arrived anyway)??",
        ),
        Thread(
            subject="(Ordered twice by mistake|Two <item>s instead of one)",
            opening=("I accidentally ordered two of the <item>, I only want one. (Can you stop one?|Please cancel one of them.) Order <order>.", "my order <order> has the <item> in it twice. One is enough, (please take one out|can one be cancelled?)"),
            ask=(("Is it the same size and colour twice?", "yes, exactly the same twice."), ("Which of the two shall stay, or doesn't it matter?", "doesn't matter, they're the same.")),
            found=("I see both in the order, (nothing is packed yet|the box isn't closed yet).",),
            solve=("Done: one <item> stays, the other is cancelled. The new total is in the mail.",),
            bot="I see two pieces of the <item> in order <order>. One of them can be taken out, the order is not packed yet.",
            bot_talk=(("(yes take one out|yes please)", "One <item> is cancelled. The other one ships as planned."), ("(when do I get the money?|and the money?)", "It goes back the way you paid within <small> working days.")),
            summary="Ordered the <item> twice in <order>, wants one of them cancelled.",
            note="One piece taken out, the rest ships.",
            again="both came after all, order <order>.",
        ),
        Thread(
            subject="(Change of order <order>|Too late to cancel <order>?)",
            opening=("ordered the <item> ten minutes ago and would like to change the (colour|size). (Cancel it if that's easier.|Is that possible?) Order <order>.", "can you still change order <order>? (Wrong colour.|I picked the wrong size of the <item>.)"),
            ask=(("What should it be instead?", "(same thing in slate|the same in <other_size>), the rest stays."),),
            found=("It's already packed, so I can't change it any more, but you can refuse it at the door.", "The box is closed already, I'm afraid."),
            solve=("I've ordered the right one for you under <order>-X. Refuse the first parcel and its <amount> comes back by itself.",),
            bot="Order <order> is already packed and cannot be changed. You can refuse the parcel, then <amount> is refunded by itself.",
            bot_talk=(("(so do I order the right one now?|what about the one I want?)", "Yes, please place a new order for it."),),
            summary="Wants to change order <order>, which is already packed.",
            note="Already packed, the customer refuses it at the door. Please watch for the return.",
            again="refused <order> at the door, no money back so far.",
            talk=(("(do I pay for the parcel I refuse?|does refusing it cost me anything?)", "No, that costs you nothing."),),
        ),
    ),
    extra=("Sorry for the trouble.", "I paid by (card|PayPal)."),
    talk=(
        ("(when do I get the money back?|how long does a refund take?)", "It goes back the same way, (usually|normally) within <small> working days."),
        ("(do I get a confirmation?|will you mail me that?)", "Yes, the confirmation is (on its way|sent), it has <order> in the subject."),
    ),
    pleased=("(super quick|that was fast), thanks.", "great, thank you and sorry again."),
    upset=("that should be a button, not a conversation.", "I wrote straight after ordering and it's still this complicated."),
    discloses=("card", "email"),
    tags=("cancellation",),
)  # fmt: skip

TOPICS = (CLICK_COLLECT, CANCEL_ORDER)
