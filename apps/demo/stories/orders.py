"""Parcels: late, said to be delivered, to be exchanged, missing a piece."""

from apps.demo.stories.model import Thread, Topic

CLOTHES = ("Fjell rain jacket", "Skarv fleece", "Tind down vest", "Merino base layer", "Luva walking jacket")
GOODS = (*CLOTHES, "Lofot 2 tent", "Varg 45 backpack", "Brann stove", "Dvale sleeping bag", "Stav trekking pole set")

LATE_PARCEL = Topic(
    slug="late-parcel",
    queues={"whatsapp": 5, "email-general": 4, "voice-priority": 4, "social": 4},
    intent="order_status",
    sources=("kb:delivery-times", "kb:carrier-delays", "tool:order-lookup"),
    items=GOODS,
    threads=(
        Thread(
            subject="(Where is my order <order>?|Order <order> not here yet|Parcel with the <item> is late)",
            opening=(
                "(my order <order>|the parcel for <order>) (was due|should have come|was promised for) <past_day> and (there is no sign of it|nothing has turned up|it still isn't here).",
                "(can you tell me|could you check|any idea) where my <item> is? Order <order>, (the tracking hasn't moved since <past_day>|the tracking still shows the depot in <town>).",
                "(I've been waiting|waiting now) <days> days for my <item>, order <order>. (Is it lost?|What's going on?|When will it arrive?)",
            ),
            ask=(
                ("(Have you had|Did you get) any card or message from <carrier>?", "(no card, no message, nothing|just one mail on <past_day> saying 'out for delivery', then silence)."),
                ("(Could you tell me|What is) the postcode on the order, so that I can open it?", "(it's the postcode in my account|same postcode as in the account), I haven't moved."),
            ),
            found=(
                "(I can see|It shows) that the parcel was scanned at <carrier>'s depot in <town> on <past_day> and (hasn't moved since|has been sitting there).",
                "The label could not be read any more, so <carrier> (held it back|put it aside) in <town>.",
                "It left us in time, but <carrier> (has|reports) a backlog in <town> of about <small> days.",
            ),
            solve=(
                "(I have opened a trace with <carrier>|I've put a trace on <tracking>) and will look at it again on <next_day>. If it hasn't moved by then we send a new <item> by express, free of charge.",
                "(I've asked <carrier> to deliver it|It's booked for delivery) on <next_day>, and you'll get a text an hour before.",
            ),
            bot="(Order <order> is with <carrier>, last scan in <town>.|I found order <order>: one parcel, <carrier>, now at the depot in <town>.) Delivery is planned for <next_day>.",
            bot_talk=(
                ("(and if it doesn't come <next_day>?|what if that's wrong again?)", "If there is no new scan by the evening of <next_day>, a trace starts by itself and you get an e-mail."),
                ("(which tracking number is that?|do you have the tracking number?)", "The tracking number at <carrier> is <tracking>."),
            ),
            summary="Order <order> is late, last scan in <town> with <carrier>. The customer wants a firm date.",
            note="Trace opened with <carrier> for <tracking>. Check on <next_day>, replace if there is no scan.",
            again="(the parcel <order> still hasn't moved|still no parcel), and you said it would.",
            talk=(
                ("(can you send a new one instead?|why not just send another?)", "If it isn't scanned by <next_day>, a replacement goes out the same day, you don't need to do anything."),
                ("(can it go to a pickup point?|could I collect it somewhere instead?)", "Yes, I've noted the pickup point in <town>, <carrier> will text you when it is there."),
            ),
        ),
        Thread(
            subject="(<order> marked as delivered|Delivered, but not to me|Parcel <order> is nowhere)",
            opening=(
                "<carrier> (says|claims) they (delivered|left) my parcel <past_day>, (but there's nothing here|my neighbours have nothing either). Order <order>.",
                "the app says order <order> was delivered <past_day>. (I was at home all day, nobody came.|It certainly wasn't delivered to me.)",
            ),
            ask=(
                ("Is there a (safe place|porch or a shed) where the driver might have left it?", "we have a porch but (it's empty|I looked, nothing there)."),
                ("Does the name on the bell match the name on the order?", "yes, (same name|exactly the same), and I asked (both neighbours|downstairs) already."),
            ),
            found=(
                "The driver's record shows a spot (two streets away|at another house number), so it (very likely went|was probably handed over) to the wrong door.",
                "There is no signature and no photo with this delivery, so (we treat it as lost|it counts as lost).",
            ),
            solve=(
                "A replacement <item> leaves tonight by express under <order>-R. Should the first one appear, just refuse it.",
                "<carrier> sends the driver back to fetch it tomorrow. If you don't have it by <next_day>, a new <item> goes out by express.",
            ),
            bot="Order <order> is shown as delivered by <carrier> on <past_day>. Please look with your neighbours and at the place where parcels are left for you.",
            bot_talk=(
                ("(I did, it's not there|nobody has it)", "Then a trace can be started two days after the delivery date. I have noted it for order <order>."),
                ("(is there a signature?|who signed for it?)", "There is no signature for this parcel."),
            ),
            summary="Order <order> is shown as delivered on <past_day>, the customer has nothing. Neighbours were asked.",
            note="No signature, spot of the scan does not fit the address. Replacement agreed.",
            again="(the replacement for <order>|the second parcel too) hasn't come.",
            talk=(
                ("(do I have to report that to the police?|do you need something signed from me?)", "No, (a yes from you here|your word) is enough for us."),
                ("(will I have to sign for the new one?|can the new one need a signature?)", "Yes, I've set it so that it is only handed over against a signature."),
            ),
        ),
    ),
    extra=(
        "(We leave for <trip> on <next_day>|The trip to <trip> starts <next_day>), so (it's getting tight|I really need it by then).",
        "It was meant as a birthday (present|gift) for my (dad|sister|girlfriend|son).",
        "I paid <fee> for express.",
        "This is the (second|third) time this year, by the way.",
    ),
    talk=(
        ("(do I get the express fee back?|what about what I paid for shipping?)", "Yes, the shipping goes back to you today, it takes about <small> working days."),
        ("(why does nobody tell me that?|you could have told me earlier)", "(You are right, a message should have gone out on <past_day>.|Fair point. The delay mail only goes out after three days, and that is too late.)"),
    ),
    pleased=("(brilliant|great), that works for me.", "thanks for (chasing|sorting) that."),
    upset=("so I'm waiting again. (Great.|Wonderful.)", "(that's exactly what I was told before|I heard the same last time) and nothing happened.", "(honestly|frankly), I'll order elsewhere next time."),
    discloses=("address", "phone", "address"),
    tags=("delivery",),
)  # fmt: skip

WRONG_SIZE = Topic(
    slug="wrong-size",
    queues={"whatsapp": 4, "email-general": 3, "social": 1.5, "sales-chat": 0.3},
    intent="return_label",
    sources=("kb:exchanges", "kb:size-guide", "tool:return-label"),
    items=CLOTHES,
    threads=(
        Thread(
            subject="(Exchange for order <order>|<item> does not fit|Swap <size> for <other_size>)",
            opening=(
                "(I'd like to swap|can I exchange|want to exchange) my <item>, I took <size> and need <other_size>. Order <order>.",
                "the <item> (doesn't sit right|just doesn't fit me) in <size>. (How does an exchange work?|Can I swap it for <other_size>?)",
                "(tried on the <item> today|the <item> came <past_day>), (the shoulders pinch|I can't move my arms in it). Do you have <other_size> (in stock|left)?",
            ),
            ask=(
                ("Is the tag still on it, and which colour (did you take|is it)?", "tags are on, colour is (moss|slate|rust)."),
                ("(May I ask your|What is your) chest size, so that we pick the right one this time?", "(104|98|91) cm, measured just now."),
            ),
            found=(
                "(I have|We have) <small> left in <other_size> in that colour.",
                "<other_size> (is there|is in stock) in your colour, (the last two|not many though).",
            ),
            solve=(
                "(I've sent|You have) a return code by e-mail, and one <item> in <other_size> is put aside under <order>-X.",
                "The exchange is set up: drop yours at any <carrier> point by <next_day>, the <other_size> goes out the same day.",
            ),
            bot="For the <item> I see <other_size> in stock. I have set up a free exchange for order <order>, the code arrives by e-mail.",
            bot_talk=(
                ("(and when do I get the new one?|how long does it take?)", "It leaves when <carrier> scans your parcel, so in about <small> days."),
                ("(does it run small?|how do the sizes run?)", "The <item> is cut narrow at the shoulders. Between two sizes the larger one is the better choice."),
            ),
            summary="Wants to exchange the <item> from <size> to <other_size>, order <order>. Tags on.",
            note="<other_size> reserved under <order>-X.",
            again="(I still have no return code|the code never arrived) for the <item>.",
            talk=(("(what if <other_size> doesn't fit either?|and if that's wrong too?)", "Then send it back the same way, the code works twice."),),
        ),
        Thread(
            subject="(Wrong size sent, order <order>|You sent <size> instead of <other_size>)",
            opening=(
                "(you sent|I got|I received) the <item> in <size>, I (ordered|asked for) <other_size>. Order <order>.",
                "there's the wrong size in my parcel <order>: <item>, the label says <size>, the order says <other_size>.",
            ),
            ask=(
                ("Is it only the size, or is the colour wrong too?", "only the size, the colour is right."),
                ("Could you read me the number on the bag's sticker?", "it says <tracking>, size <size>."),
            ),
            found=("The warehouse (picked the wrong size|mixed up two orders), that one is on us.", "I see it: the right size was booked, the wrong one was packed. Our mistake."),
            solve=(
                "The right one, <other_size>, goes out today without waiting for yours. The return label is in your mailbox.",
                "<other_size> leaves tonight by express, and <carrier> collects the wrong one at your door on <next_day>.",
            ),
            bot="I am sorry. Order <order> says <other_size>. I have sent a return code to your e-mail, the right size leaves when your parcel is scanned.",
            bot_talk=(
                ("(and who pays for that?|do I pay the return?)", "The return is free of charge."),
                ("(can't you send it first?|can I get the new one first?)", "A person can do that for you. I have noted the wish for order <order>."),
            ),
            summary="Got <size> instead of <other_size> (<item>, order <order>). Picking error.",
            note="Picking error, replacement sent ahead of the return.",
            again="the <other_size> came and it's <size> again!",
            talk=(("(can I just keep it for less?|what if I keep this one?)", "If it fits you, I can take <fee> off instead. But it sounds as if it doesn't."),),
        ),
    ),
    extra=("I (only|just) tried it on, (never worn outside|indoors).", "I need it (by|before) <next_day> for <trip>.", "I usually wear <other_size> in everything."),
    talk=(
        ("(who pays for the return?|is the return free?)", "It's free both ways. (The label is in the e-mail|You can print the label or show the code at the counter)."),
        ("(can I return it in a shop?|could I bring it to the shop in <town>?)", "Yes, the shop in <town> takes it, just bring the order number."),
    ),
    pleased=("(perfect|lovely), that was easy.", "ok, dropping it off <next_day>.", "great service, thanks!"),
    upset=("so I wait another week. not great.", "and I have to run to the post for it. (Hm.|Not great.)"),
    discloses=("phone", "address"),
    tags=("exchange",),
)  # fmt: skip

MISSING_PIECE = Topic(
    slug="missing-piece",
    queues={"email-general": 2.5, "whatsapp": 1.5, "social": 1},
    intent="order_status",
    sources=("kb:missing-items", "kb:spare-parts"),
    items=("Lofot 2 tent", "Brann stove", "Varg 45 backpack", "Hytte camping chair", "Sildre water filter"),
    threads=(
        Thread(
            subject="(Something is missing in <order>|<item> came incomplete)",
            opening=(
                "the <item> (came|arrived) <past_day> but the bag with the small parts (is missing|was not in the box). Order <order>.",
                "my <item> has (no instructions|no carry bag), (is that right?|can you send it?) Order <order>.",
            ),
            ask=(
                ("(Could you tell me|What is) the batch number on the label inside the box?", "L<small>0<small>, printed in July."),
                ("Was the carton open or damaged when it came?", "(a bit torn at one corner|taped up again at the top), maybe that's why."),
            ),
            found=("(That batch|This batch) left the factory without the bag, (you're not the first|we had three cases).", "The part was forgotten when the box was packed, I'm sorry."),
            solve=("The missing part (leaves today|goes out today) as letter <tracking>, free of charge.",),
            bot="I am sorry about that. A missing part for the <item> can be sent without a return. I have noted it for order <order>.",
            bot_talk=(("(ok and when does it arrive?|how long will that take?)", "A letter takes about <small> days."), ("(do I have to send the rest back?|must I return it?)", "No, please keep it.")),
            summary="A part of the <item> is missing, order <order>.",
            note="Batch without small-parts bag, told quality.",
            again="the missing part for my <item> (isn't here|never came). Order <order>.",
            talk=(("(can I get a discount instead?|what about a bit of a discount?)", "I can give you ten per cent on the <item> if you'd rather not wait."),),
        ),
        Thread(
            subject="(Incomplete parcel <order>|<order>: half of it is missing)",
            opening=(
                "(unpacked|opened) my parcel <order>, there's only one of two things in it, the <item> isn't there.",
                "half of order <order> is missing. The <item> was (not in the box|simply not there).",
            ),
            ask=(("Is there a packing slip in the parcel, and what does it list?", "(it lists 2 pieces, one was there|the slip says 'part 1 of 2')."), ("Have you had two e-mails from <carrier> or one?", "only one, (I think|as far as I can see).")),
            found=("Your order went out in two parcels, the second one is (a day behind|still with <carrier> in <town>).",),
            solve=("The second parcel is <tracking>, it should be with you on <next_day>.",),
            bot="Order <order> was sent in two parcels. The second one has the tracking number <tracking> and is expected on <next_day>.",
            bot_talk=(("(why two parcels?|why wasn't that in the mail?)", "The goods come from two warehouses. The mail names one parcel only."),),
            summary="Only one of two pieces of order <order> arrived. Sent in two parcels.",
            note="Second parcel delayed, told the customer <next_day>.",
            again="the second parcel of <order> (isn't here|never came).",
            talk=(("(do I pay shipping twice?|did I pay for two parcels?)", "No, shipping is charged once an order."),),
        ),
    ),
    extra=("We wanted to use it at the weekend.", "I can send a photo."),
    talk=(("(will I get a mail about it?|do I get a message when it's on its way?)", "Yes, with the number to follow it."),),
    pleased=("ah, that explains it. thanks!", "perfect, no rush then."),
    upset=("quality control, anyone?", "so I have to wait for something I paid for."),
    discloses=("address", "phone"),
    tags=("missing-item",),
)  # fmt: skip

TOPICS = (LATE_PARCEL, WRONG_SIZE, MISSING_PIECE)
