"""Money: refunds, double charges, invoices, and the new return policy."""

from apps.demo.stories.model import Topic
from apps.demo.stories.orders import CLOTHES, GOODS

REFUND_MISSING = Topic(
    slug="refund-missing",
    queues={"billing-chat": 5, "email-general": 3, "voice-priority": 2.5, "social": 2},
    intent="refund_status",
    sources=("kb:refund-times", "kb:refund-limits", "tool:payment-lookup"),
    items=GOODS,
    subject="(Refund for <order>|Where is my refund of <amount>?|Money back for the returned <item>)",
    opening=(
        "(I sent back|I returned) the <item> (<days> days ago|on <past_day>) and (the refund hasn't come|still no money|I don't see the <amount>).",
        "(where's my refund?|when do I get my <amount> back?) (Order <order>, returned on <past_day>.|The return of <order> arrived <past_day> according to <carrier>.)",
        "your mail of <past_day> says (the refund is 'processed'|I was refunded), (my bank shows nothing|nothing on my account).",
        "(you refunded|I got) (only part|<fee> less than I paid) for order <order>. (Why?|What's the difference for?)",
    ),
    extra=(
        "It's a lot of money for me (right now|this month).",
        "(Last time|Your colleague said) it was three days.",
        "I have the drop-off receipt.",
        "The account I paid from (has been closed|is closed) meanwhile.",
    ),
    ask=(
        "(Did you pay by card|Was that by card), by invoice or with a wallet?",
        "(Is the account you paid from|Is that account) still open?",
        "(Could you give me|May I have) the date on your drop-off receipt?",
    ),
    detail=(
        "(by card|with my card), same one as always.",
        "(dropped it off|handed it in) on <past_day>, receipt says <tracking>.",
        "by invoice, (paid on <order_day>|so by bank transfer).",
    ),
    found=(
        "(The return was booked in|The warehouse booked your return) on <past_day>, the refund (was released this morning|is waiting for a second pair of eyes).",
        "(The payment went back to a card that has expired|Your old card has expired), so the bank (returned it|sent it back to us).",
        "The return (is still unchecked|was scanned but not checked), that's why nothing moved.",
    ),
    talk=(
        (
            "(how long does that take?|and when is it on my account?)",
            "Card refunds take <small> to 5 working days from today, (transfers two|bank transfers two).",
        ),
        (
            "(why was <fee> taken off?|what's the deduction?)",
            "(That is the express fee|The <fee> was express delivery), it isn't refundable, the goods themselves are refunded in full.",
        ),
        (
            "(can you send it to another account?|could you pay it to a different account?)",
            "Yes, I can change that to a bank transfer, I'd need the account (in this chat|over the secure form).",
        ),
        (
            "(can I have something in writing?|I want that in writing)",
            "You'll have a mail with the amount and today's date (in a minute|right after this).",
        ),
        ("(is there a case number?|do I get a reference?)", "Yes, the reference is RF-<code>."),
    ),
    solve=(
        "I have released <amount> now, reference RF-<code>. It will show by <next_day>.",
        "(The refund is changed to a bank transfer|It's now a bank transfer), <amount>, should land on <next_day>.",
        "I got the return checked while we were talking: all fine, <amount> is on the way.",
    ),
    pleased=(
        "finally. thank you.",
        "(ok great|good), I'll keep an eye on it.",
        "that's the first clear answer I got, thanks.",
    ),
    upset=(
        "five days, always five days.",
        "it's my money, not a favour.",
        "(I'll ask my bank to take it back then|next step is my bank).",
    ),
    bot=(
        "The return for order <order> was booked in on <past_day>. <amount> goes back the way you paid and arrives within 5 working days.",
        "Your refund of <amount> was released on <past_day>. Banks need up to 5 working days to show it.",
    ),
    bot_talk=(
        (
            "(it's been longer than that|5 days are over)",
            "I am sorry for the wait. According to the payment record the refund is on its way, reference RF-<code>.",
        ),
        ("(to which card?|where did you send it?)", "It was sent to the payment method of the order."),
        (
            "(can I get it as a voucher?|voucher instead?)",
            "Yes. A voucher of <amount> can be issued at once, it replaces the refund.",
        ),
    ),
    note=(
        "Refund bounced (expired card). Switched to transfer, RF-<code>.",
        "Return unchecked for <days> days, asked warehouse to look at it now.",
    ),
    summary="Refund of <amount> for order <order> is missing, return booked in on <past_day>. Payment reference RF-<code>.",
    again=(
        "(still nothing on my account|no money yet), reference RF-<code>.",
        "you promised <next_day> and the <amount> isn't there.",
    ),
    discloses=("iban", "iban", "card"),
    tags=("refund",),
)

DOUBLE_CHARGE = Topic(
    slug="double-charge",
    queues={"billing-chat": 2.5, "email-general": 1, "voice-priority": 1, "social": 0.6},
    intent="double_charge",
    sources=("kb:double-charge", "tool:payment-lookup", "kb:payment-provider-status"),
    items=GOODS,
    subject="(Charged twice for <order>|Double payment <amount>|<amount> taken two times)",
    opening=(
        "(I've been charged twice|you charged me twice|my card was charged two times) for order <order>, <amount> each.",
        "(there are two payments|I see two bookings) of <amount> to Nordwind on my (statement|banking app), I only ordered (once|one <item>).",
        "the checkout (crashed|gave an error|hung), I (tried again|pressed pay again), now <amount> is (gone twice|booked twice).",
        "(why did you take|why do I see) <amount> two times?? (Order <order>.|Only one order in my account: <order>.)",
    ),
    extra=(
        "(My account is overdrawn now|I'm overdrawn because of it).",
        "The second one is (pending|'reserved') I think.",
        "I need that money for rent.",
        "Happened (this morning|about <small> hours ago).",
    ),
    ask=(
        "(Are both shown as booked, or is one|Is one of the two) still marked as pending?",
        "(Which card type was it|Was it a credit or a debit card)?",
        "(Could you tell me|What are) the exact times of the two payments?",
    ),
    detail=(
        "both (booked|final), <hour> and a minute later.",
        "one says pending, (the other is booked|the other one not).",
        "(debit card|credit card), (no idea about the minute|around <hour>).",
    ),
    found=(
        "(We have a fault at our payment provider since this morning|Our payment provider had a fault), some payments (were sent twice|went through twice). Yours is one of them.",
        "(I can see|I see) one captured payment and one reservation, the reservation (falls away by itself|will drop off).",
        "(Both payments were captured|Both went through), so one has to go back by hand.",
    ),
    talk=(
        (
            "(when do I get it back?|how fast is that?)",
            "The second <amount> is sent back today, your bank shows it within <small> days.",
        ),
        (
            "(who pays my overdraft fee?|what about the bank fees?)",
            "Please send us the bank's statement, we take over the fee.",
        ),
        (
            "(do I have to do anything?|what do you need from me?)",
            "Nothing at all, (we have the list from the provider|the list is complete).",
        ),
        (
            "(is my card data safe?|did somebody hack you?)",
            "No data was lost, it was a retry that ran twice at the provider.",
        ),
        (
            "(will my order be sent twice?|do I get two parcels now?)",
            "No, there is only one order, <order>, and one parcel.",
        ),
    ),
    solve=(
        "The second payment of <amount> is reversed, reference DP-<code>.",
        "(I have flagged both|Flagged) with the provider: the reservation is released tonight. If you still see it on <next_day>, write to us with DP-<code>.",
    ),
    pleased=(
        "phew, ok. thanks for explaining.",
        "good, I'll check on <next_day>.",
        "thanks, that was quicker than my bank.",
    ),
    upset=(
        "so I lend you <amount> for a week.",
        "unbelievable, and no word from you until I ask.",
        "I want this (today|now), not in <small> days.",
    ),
    bot=(
        "I see one order <order> over <amount>. A second booking is normally a reservation that your bank releases within 3 working days.",
        "Order <order> was paid once in our records. If your bank shows two bookings, one of them is a reservation.",
    ),
    bot_talk=(
        (
            "(no both are booked|it's not a reservation, both are booked)",
            "I understand. I have noted that both are shown as booked for order <order>.",
        ),
        (
            "(how long until it's gone?|when does it vanish?)",
            "A reservation is released within 3 working days, depending on your bank.",
        ),
    ),
    note=(
        "On provider's duplicate list, reversed, DP-<code>.",
        "Overdraft fee to be refunded on proof. Customer is upset, please be quick.",
    ),
    summary="Two bookings of <amount> for order <order>, the customer says both are final. Reservation was explained, not accepted.",
    again=(
        "the second <amount> is still (missing|gone), reference DP-<code>.",
        "my bank says you never sent anything back. DP-<code>.",
    ),
    discloses=("card", "card", "iban"),
    tags=("payment",),
)

INVOICE_ADDRESS = Topic(
    slug="invoice-address",
    queues={"billing-chat": 2, "email-general": 2.5},
    intent="invoice_copy",
    sources=("kb:invoices", "tool:invoice"),
    items=GOODS,
    subject="(Wrong address on invoice <order>|Invoice for <order>|VAT number missing on my invoice)",
    opening=(
        "(the invoice for <order>|my invoice <order>) has (my old address|the wrong company name|no VAT number), (can you correct it?|I need a new one.)",
        "(I need|could I get) an invoice (made out to my company|with our VAT id) for order <order>, (accounting won't take|my boss won't accept) this one.",
        "(where can I download|where do I find) the invoice for <order>? (It wasn't in the parcel.|The link in the mail is dead.)",
    ),
    extra=(
        "(The quarter closes on <next_day>|Our books close <next_day>).",
        "I've moved (recently|in spring), the shop account is updated already.",
    ),
    ask=(
        "(How should the address read exactly|What should be on it)?",
        "Should (only the invoice|just the invoice) change, or the account as well?",
    ),
    detail=(
        "company is (Holm & Sons|Kettle Row Studio|Brightwater Dental|Alder Events) Ltd.",
        "only the invoice please.",
        "both, (the old flat is gone|we moved).",
    ),
    found=(
        "(It was issued on <past_day>|The invoice dates from <past_day>), so I'll (cancel it and write a new one|replace it with a corrected one).",
        "(The account address was changed after the order|You changed the account after ordering), the invoice took the old one.",
    ),
    talk=(
        (
            "(will it have a new number?|does the number change?)",
            "Yes, a corrected invoice has a new number and (names|refers to) the old one.",
        ),
        ("(can you send it as PDF?|by mail please?)", "It goes out as PDF to the address in your account."),
        (
            "(and for future orders?|what about the next orders?)",
            "I've set it as default, so the next ones will be right.",
        ),
    ),
    solve=(
        "The corrected invoice IN-<code> (is in your mailbox|has been mailed).",
        "Done, old one cancelled, IN-<code> replaces it. You'll also find it under 'My orders'.",
    ),
    pleased=("got the PDF, (perfect|all good).", "accounting will be happy, thanks."),
    upset=("third try now. please just get it right.",),
    bot=(
        "The invoice for order <order> is in your account under 'My orders', and I have mailed it to you again as PDF.",
        "An address on an invoice can be corrected within 90 days. I have sent you the form for order <order>.",
    ),
    bot_talk=(
        (
            "(there's still the old address|it's the old address again)",
            "The invoice keeps the address of the day of the order. With the form it is issued again.",
        ),
    ),
    note=("Corrected invoice IN-<code>, old one cancelled.",),
    summary="Needs a corrected invoice for order <order>. The exact address is not yet known.",
    again=("the new invoice (has a typo|is wrong again), (now the street is missing|VAT id is missing).",),
    discloses=("address", "address", "email"),
    tags=("invoice",),
)

RETURN_POLICY = Topic(
    slug="return-policy",
    queues={"billing-chat": 3, "email-general": 1.2},
    intent="refund_status",
    sources=("kb:return-policy-november", "kb:refund-limits"),
    items=(*CLOTHES, "Dvale sleeping bag", "Varg 45 backpack"),
    subject="(Return of <item> refused|Question about the new return rules|Return fee for <order>)",
    opening=(
        "(I want to return|I'd like to send back) the <item> from <order_day>, and (suddenly there's a fee|the page says 30 days). (It was 60 when I bought it.|Since when?)",
        "(my return of|the return for) <order> was (refused|declined) because of 'the new policy'. (Which policy?|I bought it before that.)",
        "(what are your return rules now?|did the return rules change?) I (have|bought) a <item>, worn once, (is that ok?|can it still go back?)",
        "you (took|deducted) <fee> for the return label, (that used to be free|nobody told me).",
    ),
    extra=(
        "I've been a customer for (six|nine) years.",
        "The confirmation says 60 days, I've got it here.",
        "It's just <small> days over.",
    ),
    ask=("(When did you order it|What is the date on your confirmation)?", "Has it been (worn|used) outside?"),
    detail=(
        "ordered <order_day>, (well before the change|before November).",
        "worn once for an hour, clean.",
        "no, just tried on.",
    ),
    found=(
        "(For orders before the first of November|For older orders) the old 60 days (hold|still apply).",
        "(Your order falls under the new rules|It's after the change): 30 days, and <fee> for the label.",
    ),
    talk=(
        (
            "(so which one applies to me?|and what's right now?)",
            "The date of the order decides, not the date of the return.",
        ),
        (
            "(then why was it refused?|why did the page refuse it then?)",
            "The page reads the date of the return, that's a fault we know of.",
        ),
        ("(do I pay the label or not?|is it free or not?)", "Not for you, the label fee only came with the new rules."),
        (
            "(can a manager decide that?|is there someone who can decide?)",
            "I can decide that myself up to <amount>, so (let's do it now|we are fine).",
        ),
    ),
    solve=(
        "I've opened the return again under the old rules: free label, 60 days.",
        "The <fee> goes back to you and the return is accepted, code RT-<code>.",
    ),
    pleased=("thank you, that's fair.", "ok that makes sense now."),
    upset=(
        "three answers, three different rules. (Do you even know your own policy?|You don't know your own policy.)",
        "I read all of that and still don't know if I pay or not.",
        "(that's not what your colleague said|your page says the opposite).",
    ),
    bot=(
        "Goods can be returned within 30 days, the label costs <fee>. Orders from before the first of November have 60 days and a free label.",
    ),
    bot_talk=(
        (
            "(mine is from <order_day>, so?|so which is it for <order>?)",
            "For order <order> please choose 'Return' in your account. The page shows the period that applies.",
        ),
    ),
    note=(
        "Order date before 1 Nov, old rules apply, label fee refunded.",
        "Page checks the wrong date. Reported again.",
    ),
    summary="Return of <item>, order <order>, refused under the new policy. The order date decides.",
    again=("now the return is refused again. You said it's fine.", "I was charged the <fee> anyway."),
    discloses=("iban", "email"),
    tags=("return-policy",),
)

TOPICS = (REFUND_MISSING, DOUBLE_CHARGE, INVOICE_ADDRESS, RETURN_POLICY)
