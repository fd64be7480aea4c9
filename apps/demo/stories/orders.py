"""Parcels: late, missing a piece, to be changed, to be collected, to be cancelled."""

from apps.demo.stories.model import Topic

CLOTHES = ("Fjell rain jacket", "Skarv fleece", "Tind down vest", "merino base layer", "Luva trekking trousers")
GOODS = (*CLOTHES, "Lofot 2 tent", "Varg 45 backpack", "Brann stove", "Dvale sleeping bag", "trekking poles")

LATE_PARCEL = Topic(
    slug="late-parcel",
    queues={"whatsapp": 5, "email-general": 4, "voice-priority": 4, "social": 4},
    intent="order_status",
    sources=("kb:delivery-times", "kb:carrier-delays", "tool:order-lookup"),
    items=GOODS,
    subject="(Where is my order <order>?|Order <order> not here yet|Parcel with the <item> is late|Delivery of <order>)",
    opening=(
        "(my order <order>|order <order>|the parcel for <order>) (was due|should have come|was promised for) <past_day> and (there is no sign of it|nothing has turned up|it still isn't here).",
        "(can you tell me|could you check|any idea) where my <item> is? (the tracking|tracking page) (hasn't moved since <past_day>|has said 'in transit' for <days> days|still shows the depot in <town>).",
        "(I've been waiting|waiting now) <days> days for (a|my) <item>, order <order>. (Is it lost?|What's going on?|When will it arrive?)",
        "<carrier> (says|claims) they (delivered|left) my parcel <past_day>, (but nobody was home|but there's nothing here|my neighbours have nothing either). (Order <order>.|It's order <order>.|Number is <order>.)",
        "the <item> I ordered on <order_day> (hasn't arrived|never came|is nowhere to be seen). (Order number <order>.|<order> is the number.)",
    ),
    extra=(
        "(We leave for <trip> on <next_day>|I fly out on <next_day>|The trip to <trip> starts <next_day>) so (it's getting tight|I really need it by then|time is running out).",
        "It was meant as a birthday (present|gift) for my (dad|sister|girlfriend|son).",
        "I paid (extra|<fee>) for express.",
        "This is the (second|third) time (this year|with you) by the way.",
        "I stayed at home the whole day for it.",
    ),
    ask=(
        "(Can|Could) you (confirm|tell me) (the postcode|the delivery name) on the order[, so I can open it]?",
        "Is <order> the right number, and (did you get|have you had) any card or message from <carrier>?",
        "(Would|Is) there (be) a safe place where the driver (could|might) have left it?",
    ),
    detail=(
        "(yes that's the number|yes, <order>), (no card|no message), nothing.",
        "(delivered to my home address|it goes to my home), (no safe place|we have a porch but it's empty).",
        "(the tracking number is|tracking:) <tracking>",
        "I got (one|an) e-mail on <past_day> saying 'out for delivery', then (silence|nothing more).",
    ),
    found=(
        "(I can see|I see|It shows) that the parcel (was scanned|got scanned) at <carrier>'s depot in <town> on <past_day> and (hasn't moved since|has been sitting there).",
        "(The label was damaged|The label could not be read), so <carrier> (held it back|put it aside) in <town>.",
        "(It left us|It went out) on <past_day>. <carrier> (has|reports) a backlog (in <town>|because of the weather) of about <small> days.",
        "(The driver|<carrier>) noted 'no access to the building' <past_day>[ and took it back to <town>].",
    ),
    talk=(
        (
            "(can you send a new one instead?|why not just send another?)",
            "If it isn't scanned by <next_day>, I will (send a replacement|have a second one sent) the same day[, you don't need to do anything].",
        ),
        (
            "(do I get the express fee back?|what about the <fee> for express?)",
            "Yes, the <fee> goes back to (the way you paid|your original payment) today, it takes <small> working days.",
        ),
        (
            "(can it go to a pickup point?|could I collect it somewhere instead?)",
            "I can redirect it to the pickup point in <town>, open until <hour>. (Shall I?|Does that suit you?)",
        ),
        (
            "(why does nobody tell me that?|you could have told me earlier tbh)",
            "(You are right, a message should have gone out on <past_day>.|Fair point. The delay mail only goes out after three days, and that is too late.)",
        ),
        (
            "(will I have to sign for it?|do I need to be home?)",
            "No signature needed, the driver may leave it (with a neighbour|in the porch).",
        ),
    ),
    solve=(
        "(I have opened a trace with <carrier>|There is now a trace on <tracking>) and (put a reminder for <next_day>|will check it on <next_day>). If it is not moving by then we send a new <item> by express, free of charge.",
        "(I've asked <carrier> to deliver it|It's booked for delivery) on <next_day> between <hour> and 18:00, and you'll get a text an hour before.",
        "A replacement <item> leaves (our warehouse|us) tonight by express under <order>-R. Should the first one appear, just refuse it.",
    ),
    pleased=(
        "(brilliant|great), <next_day> works.",
        "ok good, as long as it's here before <next_day>.",
        "thanks for (chasing|sorting) that.",
    ),
    upset=(
        "so I'm waiting again. (Great.|Wonderful.)",
        "(that's exactly what I was told on <past_day>|I heard the same on <past_day>) and nothing happened.",
        "(honestly|frankly) I'll order elsewhere next time.",
    ),
    bot=(
        "Order <order> was handed to <carrier> on <past_day> and is in transit. The last scan was in <town>. The expected delivery is <next_day>.",
        "I found order <order>: one parcel, <carrier>, tracking <tracking>. Status: at the depot in <town>. Delivery is now planned for <next_day>.",
    ),
    bot_talk=(
        (
            "(and if it doesn't come <next_day>?|what if that's wrong again?)",
            "If there is no new scan by <next_day> in the evening, a trace starts by itself and you get an e-mail.",
        ),
        (
            "(can I change the address?|can you leave it with my neighbour?)",
            "The parcel is already with <carrier>, so the address can only be changed on their tracking page with <tracking>.",
        ),
        (
            "(which carrier is it?|do you have the tracking number?)",
            "It travels with <carrier>, tracking number <tracking>.",
        ),
    ),
    note=(
        "Trace opened with <carrier> for <tracking>. Check on <next_day>, replace if no scan.",
        "Customer travels <next_day>. Express replacement is fine, agreed with warehouse.",
    ),
    summary="Order <order> is late, last scan in <town> with <carrier>. The customer has the tracking number and wants a firm date.",
    again=(
        "(it's <next_day> tomorrow and|hello again,) the parcel <order> still (hasn't moved|isn't here).",
        "you said it would come, it didn't. Order <order>.",
    ),
    discloses=("address", "phone", "address"),
    tags=("delivery",),
)

WRONG_SIZE = Topic(
    slug="wrong-size",
    queues={"whatsapp": 4, "email-general": 3, "social": 1.5, "sales-chat": 1},
    intent="return_label",
    sources=("kb:exchanges", "kb:size-guide", "tool:return-label"),
    items=CLOTHES,
    subject="(Exchange for order <order>|Wrong size <item>|<item> does not fit|Swap <size> for <other_size>)",
    opening=(
        "(I'd like to swap|can I exchange|want to exchange) my <item>, (it's|I took) a <size> and I need (a|an) <other_size>.",
        "(you sent|I got|I received) the <item> in <size>, I (ordered|asked for) <other_size>. Order <order>.",
        "the <item> (is way too|is a bit|comes up) (tight|small) in <size>. (How does an exchange work?|Can I swap it for <other_size>?)",
        "(tried on the <item> today|the <item> came <past_day>), (sleeves are too short|shoulders pinch|can't close the zip). Do you have <other_size> (in stock|left)?",
    ),
    extra=(
        "I (only|just) tried it on, tags are still (on|attached).",
        "The size chart told me <size>, (so I'd say the chart is wrong|not my fault really).",
        "I need it (by|before) <next_day> for <trip>.",
        "I usually wear <size> in everything else.",
    ),
    ask=(
        "Is the (tag|label) still on it, and which colour (did you take|is it)?",
        "(May I ask|What are) your chest and arm length, so that we pick the right one this time?",
        "Shall I hold a <other_size> for you while yours is on the way back?",
    ),
    detail=(
        "tags are on, colour is (moss|slate|rust).",
        "(chest 104|chest 98|chest 91), arms (64|61|66) cm.",
        "(yes please hold one|yes, hold it). order is <order>.",
        "never worn outside, (just in the living room|only tried it indoors).",
    ),
    found=(
        "(I have|We have) <small> left in <other_size> in that colour.",
        "<other_size> is (out of stock in that colour until <next_day>|sold out in moss), (slate is there|but rust is in stock).",
        "The warehouse (picked the wrong size|mixed up two orders), that one is on us.",
    ),
    talk=(
        (
            "(who pays for the return?|is the return free?)",
            "An exchange is free both ways. (The label is in the e-mail|You can print the label or show the code at the counter).",
        ),
        (
            "(how long does it take?|when do I get the new one?)",
            "The new one (leaves as soon as yours is scanned|goes out when <carrier> scans yours), so about <small> days.",
        ),
        (
            "(what if <other_size> doesn't fit either?|and if that's wrong too?)",
            "Then send it back within 60 days, (same way|with the same code).",
        ),
        (
            "(can I return it in a shop?|could I bring it to the shop in <town>?)",
            "Yes, the shop in <town> takes it, just bring the order number.",
        ),
        (
            "(do you have it in another colour?|is there a blue one?)",
            "In <other_size> there is moss, slate and rust at the moment.",
        ),
    ),
    solve=(
        "(I've sent|You have) a return code by e-mail, and one <item> in <other_size> is put aside under <order>-X.",
        "Exchange is set up: drop yours at any <carrier> point by <next_day>, the <other_size> goes out the same day.",
    ),
    pleased=("(perfect|lovely), that was easy.", "ok, dropping it off <next_day>.", "great service, thanks!"),
    upset=(
        "so I wait another week because you packed the wrong thing.",
        "(not my mistake and) I have to run to the post. (Hm.|Not great.)",
    ),
    bot=(
        "You can exchange the <item> within 60 days. I have put a <other_size> aside and sent the return code for order <order> to your e-mail.",
        "For the <item> I see <other_size> in stock. Shall I set up a free exchange for order <order>? The code arrives by e-mail.",
    ),
    bot_talk=(
        (
            "(yes please|yes do that)",
            "Done. Bring the parcel to any <carrier> point by <next_day>. The new one leaves when yours is scanned.",
        ),
        (
            "(which size should I take for 98 cm chest?|how do sizes run?)",
            "With a chest of 98 cm the <item> fits best in <other_size>. It is cut narrow at the shoulders.",
        ),
    ),
    note=(
        "Picking error, please waive return fee. <other_size> reserved under <order>-X.",
        "Size chart of <item> comes up again, third case this week. Told product team.",
    ),
    summary="Wants to exchange <item> from <size> to <other_size>, order <order>. Tags on. Return code not sent yet.",
    again=(
        "(I still have no return code|the code never arrived) for the <item>.",
        "the <other_size> came and it's (the wrong colour|<size> again)!",
    ),
    discloses=("phone", "address"),
    tags=("exchange",),
)

CLICK_COLLECT = Topic(
    slug="click-and-collect",
    queues={"whatsapp": 2.5, "voice-priority": 2, "social": 1.5, "email-general": 1},
    intent="click_and_collect",
    sources=("kb:click-and-collect", "tool:store-stock"),
    items=GOODS,
    subject="(Pick-up of <order> in <town>|Collect order <order>|Shop <town>: my order is not ready)",
    opening=(
        "(I'm standing|I am) in (your|the) shop in <town> and they (can't find|don't have) my click and collect order <order>.",
        "(is my <item>|is order <order>) ready (to collect|for pick up) in <town>? (No mail so far.|I haven't had the mail yet.)",
        "I chose (pick-up|collection) in <town> (by mistake|but can't get there), can you (send it home|deliver it) instead? <order>.",
        "(how long|until when) do you keep a click & collect order? (I can only come <next_day>.|I'm away until <next_day>.)",
    ),
    extra=(
        "I drove (forty|thirty) minutes for this.",
        "They close at <hour>.",
        "I'd like my (brother|wife|flatmate) to collect it.",
    ),
    ask=(
        "(Do you have|Is there) a six-digit pick-up code in your mail?",
        "(Which name|What name) is on the order?",
        "Are you (in the shop right now|there at the moment)?",
    ),
    detail=(
        "(no code|there's no code), just the order confirmation.",
        "yes, I'm at the counter, (girl|guy|colleague) here is very nice but can't see it.",
        "the code is 48<small>1<small>2, (they say it's invalid|not accepted).",
    ),
    found=(
        "The parcel (arrived|is) in <town> but nobody (scanned|booked) it in, that's why the counter can't see it.",
        "It's (on the van|on its way) from the warehouse, arrival is planned for <next_day> morning.",
        "(I see|There is) one <item> on the shelf in <town>, I can (free|release) that one for you.",
    ),
    talk=(
        (
            "(can somebody else collect it?|can my wife pick it up?)",
            "Yes, with the pick-up code and (the order number|a photo of your confirmation).",
        ),
        (
            "(how long do you keep it?|until when do I have to come?)",
            "Fourteen days, after that it goes back and you (are refunded|get the money back).",
        ),
        (
            "(is there parking?|where exactly is the shop?)",
            "It is (behind the station|next to the climbing hall), with parking in the yard.",
        ),
        ("(can I pay in the shop?|do I pay there?)", "It's paid already, you only need the code."),
    ),
    solve=(
        "I've called the shop: (Mika|Jo) at the counter has it in hand, please say order <order>.",
        "It's now booked in, your new code is (63|71|58)<small>0<small>4, it works (right away|immediately).",
        "Changed to home delivery, it leaves <town> <next_day> with <carrier>, no fee.",
    ),
    pleased=("got it, thank you!!", "they found it. (cheers|thanks a lot)", "great, that saves me the trip."),
    upset=("why offer collection when your shop can't see the orders.", "drove here for nothing then."),
    bot=(
        "Order <order> is on its way to the shop in <town> and should be ready on <next_day> from 10:00. You get a six-digit code by e-mail.",
        "A click and collect order is kept for fourteen days. Your code for <order> was sent on <past_day>.",
    ),
    bot_talk=(
        (
            "(I have no code|there was no code)",
            "I have sent the code again to the address on the order. Please also look in the spam folder.",
        ),
        (
            "(can I come earlier?|can I come today?)",
            "The shop in <town> is open until <hour>. Please wait for the code, the parcel is not booked in yet.",
        ),
    ),
    note=(
        "Shop <town> did not scan inbound, called Mika, found behind the desk.",
        "Converted to home delivery, no charge.",
    ),
    summary="Click and collect <order> in <town>, the shop cannot see the parcel. The customer may be standing at the counter.",
    again=("the shop in <town> says (again|once more) there's nothing for <order>.",),
    discloses=("phone", "email"),
    tags=("pickup",),
)

CANCEL_ORDER = Topic(
    slug="cancel-order",
    queues={"whatsapp": 2.5, "email-general": 2, "billing-chat": 1.2, "voice-priority": 1.5},
    intent="cancel_order",
    sources=("kb:cancel", "tool:order-lookup"),
    items=GOODS,
    subject="(Cancel order <order>|Please stop <order>|Ordered twice by mistake)",
    opening=(
        "(please cancel|can you cancel|I need to cancel) order <order>, (I ordered twice|found it cheaper|I picked the wrong colour|my plans changed).",
        "I (just|accidentally) ordered two <item>s, I only want one. (Can you stop one?|Please cancel one of them.) <order>",
        "(there's no cancel button|the cancel button is grey) for <order>, (how do I|how can I) cancel?",
        "ordered the <item> <small> minutes ago and (want to change|would like to change) the (address|colour|size). (Cancel it if that's easier.|Is that possible?)",
    ),
    extra=(
        "It says 'processing', (so hopefully it's not too late|so I guess it hasn't left).",
        "I paid with a voucher, (will I get that back?|does it come back too?)",
        "sorry for the trouble.",
    ),
    ask=(
        "(The whole order or only|All of it, or just) the <item>?",
        "Did you pay by card or with (a gift card|an invoice)?",
    ),
    detail=("(the whole order|all of it) please.", "(just the second|only one) <item>.", "by card, <amount> in total."),
    found=(
        "It (has not been picked|isn't packed) yet, so (there's time|we are early enough).",
        "(It was packed at <hour>|It's already on the van), so I can't stop it any more, but you can refuse it at the door.",
    ),
    talk=(
        (
            "(when do I get the money back?|how long does the refund take?)",
            "<amount> goes back the same way, (usually|normally) within <small> working days.",
        ),
        (
            "(do I get a confirmation?|will you mail me that?)",
            "Yes, the confirmation is (on its way|sent) now, it has <order> in the subject.",
        ),
        (
            "(can I order again with the same voucher?|is my voucher valid again?)",
            "The voucher is free again (at once|immediately), with the old end date.",
        ),
    ),
    solve=(
        "Order <order> is cancelled and <amount> (is on its way back|will be refunded).",
        "Done: one <item> stays, the other is cancelled. The new total is on the mail.",
    ),
    pleased=("(super quick|that was fast), thanks.", "great, thank you and sorry again."),
    upset=("I asked ten minutes after ordering. How can it be packed.", "so I have to send it back myself. brilliant."),
    bot=(
        "Order <order> can still be cancelled. Shall I cancel all of it? The amount of <amount> goes back the way you paid.",
        "Order <order> is already packed and cannot be stopped. You can refuse the parcel, then <amount> is refunded by itself.",
    ),
    bot_talk=(
        (
            "(yes cancel it|yes please)",
            "Order <order> is cancelled. The refund of <amount> takes up to <small> working days.",
        ),
        (
            "(only one of the two|just one item)",
            "I have taken one <item> out of order <order>. The other one ships as planned.",
        ),
    ),
    note=(
        "Cancelled before picking, full refund <amount>.",
        "Already packed at <hour>, customer will refuse at door. Please watch for the return.",
    ),
    summary="Wants to cancel order <order> (<item>, <amount>). Picking state is unclear.",
    again=(
        "you cancelled <order> and (today a parcel came|now it arrived anyway)??",
        "still no refund for the cancelled order <order>.",
    ),
    discloses=("card", "email"),
    tags=("cancellation",),
)

MISSING_PIECE = Topic(
    slug="missing-piece",
    queues={"email-general": 2.5, "whatsapp": 1.5, "social": 1},
    intent="order_status",
    sources=("kb:missing-items", "kb:spare-parts"),
    items=("Lofot 2 tent", "Brann stove", "Varg 45 backpack", "Hytte camping chair", "Sildre water filter"),
    subject="(Something is missing in <order>|<item> came without the pegs|Incomplete parcel <order>)",
    opening=(
        "the <item> (came|arrived) <past_day> but the (bag with the small parts|rain cover|repair kit) (is missing|was not in the box). Order <order>.",
        "(unpacked|opened) my parcel <order>, (there's only one of two things in it|the box was half empty), the <item> isn't there.",
        "(my|the) <item> has (no instructions|no carry bag|only six pegs instead of twelve), (is that right?|can you send the rest?)",
    ),
    extra=(
        "The carton was (torn|taped up again), (maybe that's why|just saying).",
        "We wanted to use it at the weekend.",
        "I can send a photo.",
    ),
    ask=(
        "(Could you send|Can I have) a photo of the label inside the box?",
        "Is the packing slip in the parcel, and what does it list?",
    ),
    detail=(
        "packing slip says 2 pieces, (I have one|one was there).",
        "photo is (attached|here), batch L<small><small>40.",
        "no slip at all.",
    ),
    found=(
        "(Your order went out in two parcels|It's two parcels), the second one is (a day behind|still with <carrier>).",
        "(That batch|This batch) left the factory without the bag, (you're not the first|we had three cases).",
    ),
    talk=(
        ("(do I have to send the whole thing back?|must I return it?)", "No, keep it, we only send the missing part."),
        ("(how long will that take?|when will it come?)", "The part is in stock, so <small> days by letter post."),
        (
            "(can I get a discount instead?|what about a bit of a discount?)",
            "I can give you ten per cent on the <item> (if you'd rather not wait|instead of the part).",
        ),
    ),
    solve=(
        "The missing part (leaves today|goes out today) as letter <tracking>, free of charge.",
        "The second parcel is <tracking>, it should be with you on <next_day>.",
    ),
    pleased=("ah, two parcels, that explains it. thanks!", "perfect, no rush then."),
    upset=("a tent without pegs is just a sheet.", "quality control anyone?"),
    bot=(
        "Order <order> was sent in two parcels. The second one has the tracking number <tracking> and is expected on <next_day>.",
        "I am sorry about that. A missing part for the <item> can be sent without a return. I have noted it for order <order>.",
    ),
    bot_talk=(("(ok and when does it arrive?|when's the rest coming?)", "The rest is planned for <next_day>."),),
    note=(
        "Batch L-40 of <item> without small-parts bag, told quality.",
        "Second parcel delayed, told customer <next_day>.",
    ),
    summary="Part of order <order> (<item>) is missing, the packing slip may list two parcels.",
    again=("the missing part for my <item> (isn't here|never came). Order <order>",),
    discloses=("address", "phone"),
    tags=("missing-item",),
)

TOPICS = (LATE_PARCEL, WRONG_SIZE, CLICK_COLLECT, CANCEL_ORDER, MISSING_PIECE)
