"""Sentences of our own with gaps for personal data, and sentences full of numbers and capitals that hold none."""

from __future__ import annotations

# {first}, {last}, {name}, {address}, {street}, {phone}, {email}, {spoken}, {card}, {ssn}, {id}, {password}, {town}, {company}
WITH_GAPS = tuple(
    line.strip()
    for line in """
my name is {name}
name: {name}
Dear Mr {last}, thank you
Dear Ms {last},
Hello Mrs. {last}, your order is here
Mr {name} called
Sehr geehrter Herr {last},
Guten Tag Frau {last}
mein Name ist {name}
ich heiße {name}
Meine Adresse ist {street}
Kundennummer: {id}
Kundennummer {id}
Bestellung {id} fehlt
die Rechnung {id} ist falsch
meine Telefonnummer ist {phone}
vivo en {street}
me llamo {name}
mi número es {phone}
pedido número {id}
mi correo es {email}
je m'appelle {name}
j'habite {street}
mon numéro est le {phone}
mi chiamo {name}
tracking number {id}
booking reference is {id}
verification code: {password}
text {first} that I am late
message {first} please
call {first} for me
is {name} there?
give it to {first}
hi this is {first} again
this is {name} speaking, I called this morning
hello, I am {name} and I ordered a sofa from you
I'm {first}, {last} is my last name
thanks {first}, that helped
thank you {first}
hello {first}, thanks for the quick answer
hi {first}
Dear {first},
dear {name}, we received your message
ok {first} I will wait
{first} here, any news?
is {first} still working on my case?
I spoke to {first} yesterday and she promised a refund
your colleague {name} told me to write here
can I talk to {first} again please
the parcel is for my wife {name}
please change the account holder from {name} to {name}
it was signed for by {last}, who is that?
the invoice should go to Mr {last}
mrs {last} from the third floor took it
could you add {name} as a second driver
the ticket is booked for {name} and {name}
passengers are {first} {last} and {first} {last}
{name} and {name}, two adults
deliver it to {name}, {address}
{name}
{first} {last}
{last}, {first}
sure, it is {name}
yes it's {name} with a double n
{first}. {last}.
my husband {first} will pick it up
my son {first} is eleven
best, {first}
Cheers,
{first}
kind regards {name}
Regards
{name}
{company}
{name}
{street}
Tel. {phone}
{name} wrote on {town} forum that the offer ends today
according to {last} the part is out of stock
{first} said the technician comes on Monday
{last}'s order never arrived
why did {name} close my ticket
who is {first}?
I live at {address}
my address is {address}
our new address: {address}
moved to {street} last month
we moved from {street} to {street}
the shop on {street} is closed
{address}
{street}, {town}
it should go to {street} in {town}
you can reach me on {phone}
call me at {phone} after six
{phone}
my number is {phone} and {first} has {phone}
sms to {phone} never came
{phone} / 24
please call {phone} / {phone}
mail me at {email}
{email}
{email} is my login
it's {spoken}
my mail is {spoken}
{spoken} and the phone is {phone}
the card is {card}
{card}
I paid with {card}, it was charged twice
card number {card} valid until 11/27
ssn {ssn}
my social is {ssn}
{ssn}
account {id}
my order {id} is late
order number is {id} and my name is {name}
{id}
the policy is {id}
claim {id} was refused by {name}
booking {id} for {last}
reference {id} please check
my password is {password}
password {password}
{password} is the password
I typed {password} but it says wrong password
username {first} password {password}
name is {name} ssn is {ssn} and card {card}
{name} {phone} {email}
{name}, {address}, {phone}
yes {id}
it's {id} I think
sure {phone}
ok so {card} exp 09/28 code 123
""".splitlines()
    if line.strip()
)

WITHOUT = tuple(
    line.strip()
    for line in """
order 1500 units
Authorization failed
Authorization: Bearer token is missing
Guten Tag, ich habe eine Frage
Wo ist meine Bestellung
Ich möchte mein Geld zurück
Die Lieferung kommt am Montag
vielen Dank für Ihre Hilfe
Kundennummer vergessen
no puedo entrar en mi cuenta
quiero devolver el pedido
gracias por su ayuda
où est ma commande
merci beaucoup
bonjour, je voudrais un remboursement
what name is saved for me
how does my name appear
volume to level 4
ask Siri or Alexa
hiya
hey there
speak German
in German please
Good afternoon and welcome to customer support
My name is on the invoice
my order is 5 days late and costs 120 euros
flight BA2490 at 14:05
the model is X200 with 512 GB
it needs firmware 10.2.0.1
version 1.2.3.4 of the app
error 0x80070057 on start
error code 404 on the page
I waited 45 minutes on hold
between 100-200 pieces
room 12, floor 3, seat 14B
the price is 1,299.00 and the deposit 150000
I was charged $49.99 twice
25% off with SAVE20
the code SAVE20 does not work
meet on Monday 10:30 - 11:45
it came on 24.11.2026 at 10:30
from 12 May to 3 June
since January 2019
SKU 4711-22 and article 88231
RTX4090 and ISO27001
Samsung Galaxy S23 Ultra
iPhone 15 Pro Max in Titan Blue
Windows 11 and Office 365
Black Friday and Cyber Monday
Great News for Prime members
I am British and I am Very Happy
New York and San Francisco
from London Heathrow to Paris
Thank You for Your Help
GOOD MORNING
HELP ME NOW
Hello Sir
hello madam
thank you so much for your help
have a nice day
no that's all thanks
yes please
yes
no
ok
one moment
I don't know
what do you mean
I don't have it with me
why do you need that
where do I find it
I already told you
you have it on file
same as before
two adults and one child
3 items missing
2 large pizzas and 1 coke
30 days return
size 42 in blue
the door is 200 cm by 80
100 Mbit at most
over 10000 people complained
10 minutes down the street
the key is under the mat
2 of the best way to do it
it takes 24 hours by road
a street away from the bank
the manager was rude
Dear customer service team
To whom it may concern
Customer Support Team
Kind regards
Best wishes
Visa and Mastercard are accepted
PayPal or Apple Pay
the password is wrong
my password does not work
I forgot my password and my pin
reset your password under Settings
please confirm your e-mail address
what is your name please
may I have your phone number
could you give me your order number
your order will arrive on Tuesday
we refund within 14 days
I can see that your parcel left on 24/11
Is there anything else I can help you with?
I have sent you a link to reset it
your ticket number is on the receipt
""".splitlines()
    if line.strip()
)

# Words of service floors that hold nobody's data.
PLAIN_WORDS = """
accessory accessories accounting activate activated adapter address addresses admin agent allergic app apps article articles attached
attachment automatic available backorder balance bank barcode basket battery billing booking bottom box branch broken browser bundle
button cable calendar cancel cancelled carrier cart cashback catalogue category chair changed charge charger checkout claim click clothes
collect collected colour company complaint confirm confirmation connected contract cookie cookies copy courier coupon coupons crashed
credit customs damaged dashboard deadline debit defect defective delay delayed deliver delivered delivery deposit depot details device
devices disappear discount dispatch dispatched display dispute documents download draft driver e email emails ended error errors estimate
exchange expired explained extension factory faulty feature features fee fees firmware fix fixed folder form forms forum front gift guest
guide headset hotline icon image images inbox included information installed instalment insurance internet inventory invoice invoices issue
issued item items keyboard label labels laptop late lid link links location lock locked login logs logout losing lost mail mailbox manual
menu message messages method mobile model modem monitor month monthly network newsletter notification notice number numbers offer offers
office online opened operator option order ordered orders outage overdue package packages page pages paid paper parcel parcels part parts
password patience pay payment payments pending phone phones photo pickup picture plan plans plug policy postage postcode prepaid price
prices print printer procedure product products profile promo promotion proof provider purchase quality quantity queue quote receipt receipts
received recurring reference refund refunded refunds register registered reinstall reminder rental renewal repair replace replaced
replacement report request reset resolved response restart restarted restore return returned returns review router sale sales scan
schedule scheduled screen seal seller sender serial service settings setup shelf ship shipment shipped shipping shop signature signed size
sizes sofa software sold solution status stock store stores subscription supplier survey switch tablet tariff tax technician terms ticket
tickets tool total track tracking transaction transfer trial unit units unlock update updated upgrade upload usage valid version voucher
vouchers warehouse warranty website weekly widget wifi wire wireless withdraw wrong yesterday
"""

# First names that are also words, places, days or months, in English or in a neighbouring language, and that no other list holds.
NOT_GIVEN = """
van venus aria che alta indy opal geneva cleveland raleigh pearl avis lou bebe conan romana sol mai juni juli avril abril aprile
domingo sabado juillet septembre marina lady era wan mac kit hung hang pat ivy faith grace joy hope charity chance price page
carlo marino stella luna regina victoria valencia sienna siena verona savannah savanna brooklyn bronx paris milan lyon lille nancy
tours orleans alicante toledo granada leon cordoba pamplona bern wien essen halle bonn celle lund odense aarhus bergen turku
alexa siri cortana bixby mercedes seat skoda kia audi lexus honda ford tesla dell asus acer prada gucci dior
bitte danke hallo frage problem herr frau kunde tag monsieur madame merci bonjour gracias hola senora senor ciao grazie
"""
