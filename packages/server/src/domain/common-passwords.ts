/** The passwords that everybody tries first: what lists of leaked ones agree on, from 8 characters on, in lower case, roughly the commonest first. */

const WORDS = `
12345678 123456789 1234567890 password password1 password123 passw0rd p@ssw0rd p@ssword pa$$word pa$$w0rd qwertyui qwertyuiop
qwerty123 qwerty12 qwerty1234 qwerty12345 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc 1qazxsw2 zaq12wsx zaq1zaq1
qazwsxedc qazwsx123 q1w2e3r4 q1w2e3r4t5 q1w2e3r4t5y6 q1w2e3r4t5y6u7i8o9p0 asdfghjk asdfghjkl zxcvbnm123 zxcvbnm1 asdf1234 asdfasdf
qwerasdf qweasdzxc qweasd123 qwe123456 qwe12345 123qweasd 123qweasdzxc 123qwe123 abcd1234 abc12345 abc123456 abc123abc a1b2c3d4
a1b2c3d4e5 aa123456 aa12345678 a1234567 a12345678 a123456789 1234abcd 1234qwer qwer1234 12344321 123321123 123123123 11223344
1122334455 11112222 12341234 12121212 10101010 11111111 111111111 1111111111 22222222 33333333 44444444 55555555 66666666 77777777
88888888 99999999 00000000 000000000 0000000000 87654321 987654321 9876543210 0987654321 0123456789 01234567 012345678 123454321
1234554321 123456654321 147258369 147852369 741852963 789456123 159357159 159753456 123789456 963852741 258147369 357159456 14725836
25802580 31415926 314159265 27182818 16777216 13131313 11235813 1123581321 12312312 23232323 69696969 420420420 98765432 876543210
123456780 1234567891 12345678910 123456789a 12345678a 1234567a 123456789q 12345678q 12345qwert qwert12345 12345abc 12345abcde
abcde12345 123456abc 123456qwe 123456aa 123456789abc 123abc123 abc123123 123a123a 1a2b3c4d 1a2b3c4d5e a1s2d3f4 a1s2d3f4g5 z1x2c3v4
z1x2c3v4b5 1z2x3c4v qaz12345 qaz123456 qazqazqaz wsxedcrfv edcrfvtgb tgbyhnujm rfvtgbyhn ujmikolp mnbvcxz1 poiuytre poiuytrewq
lkjhgfdsa lkjhgfds ytrewq123 rewq4321 trewq321 0okm9ijn 9ijn8uhb 8uhb7ygv 7ygv6tfc mko09ijn nji98uhb bhu87ygv abcdefgh abcdefghi
abcdefghij abcdefg1 abcdefg123 abcdef12 abcdef123 abcdef1234 abcabcabc aaaaaaaa aaaaaaaaa aaaaaaaaaa bbbbbbbb cccccccc dddddddd
ssssssss xxxxxxxx zzzzzzzz qqqqqqqq wwwwwwww eeeeeeee asdasdasd asdasd123 asd123asd asd123456 asd12345 qweqweqwe qweqwe123 zxczxczxc
zxc123456 zxcvzxcv zxcasdqwe zxcasdqwe123 iloveyou iloveyou1 iloveyou2 iloveyou12 iloveyou123 iloveyou! iloveme1 iloveme2 ilovehim
ilovehim1 iloveher loveyou1 loveyou2 loveyou123 lovelove loveme123 lovely123 iloveu123 iloveu12 ilovegod ilovejesus ilovemom
ilovemum ilovemydad ilovemydog ilovecats ilovedogs ilovemyself ilovemyfamily forever1 foreverlove foreveryoung administrator
admin123 admin1234 admin12345 admin123456 admin@123 adminadmin admin2020 admin2021 admin2022 admin2023 admin2024 admin2025 admin2026
administrator1 administrador rootroot root1234 root12345 toor1234 test1234 test12345 test123456 testtest testing1 testing123
testpass testuser test@123 tester123 guest123 guestguest user1234 user12345 useruser username username1 demo1234 demodemo temp1234
temporary temppass changeme changeme1 changeme123 changeit default1 default123 letmein1 letmein123 letmein! letmeinnow welcome1
welcome12 welcome123 welcome1234 welcome2 welcome! welcome@123 welcome2020 welcome2021 welcome2022 welcome2023 welcome2024
welcome2025 welcome2026 welcometo password! password1! password12 password1234 password12345 password123456 password2 password3
password01 password00 password11 password99 password@123 password!1 password#1 mypassword mypassword1 mypassword123 thepassword
newpassword newpass1 newpass123 nopassword password0 passwordpassword passpass pass1234 pass12345 pass123456 pass@123 pass@1234
passme123 passwords passwort passwort1 passwort123 passwd123 passwd12 motdepasse contraseña contrasena senha123 senha1234 senha12345
parola123 salasana salasana1 heslo123 haslo123 haslo1234 wachtwoord wachtwoord1 lozinka1 lozinka123 jelszo123 parool123 adgangskode
losenord lösenord sifre123 şifre123 mima1234 mima123456 пароль123 пароль12 парольпароль йцукенгш йцукен123 йцукенгшщз йцукенгшщзхъ
фывапролд ячсмитьб привет123 люблютебя 我爱你123456 密码123456 woaini1314 woaini520 woaini123 woaini521 woaini5201314 5201314520
52013141314 1314520520 13145201314 201314520 aini1314 woaiwojia woaiwo123 woaimama woaini11 nihao123 nihao1234 zhang123 wang1234
wang12345 wang123456 zhang123456 liu12345 li123456 chen1234 chen123456 yang1234 huang123 zhao1234 wu123456 zhou1234 xu123456
sun12345 ma123456 asdf123456 qq123456 qq123456789 qq1234567 aptx4869 buzhidao wojiushiwo woshishui tiantian xiaoxiao dandan123
tiantang trustno1 starwars starwars1 superman superman1 superman123 batman123 batman12 spiderman spiderman1 spiderman123 ironman1
ironman123 wolverine wolverine1 deadpool captain1 captainamerica avengers pokemon1 pokemon123 pokemon12 pikachu1 pikachu123
charizard bulbasaur digimon1 dragonball dragonballz dragon123 dragon12 naruto123 naruto12 sasuke123 onepiece onepiece1 minecraft
minecraft1 minecraft123 fortnite fortnite1 fortnite123 roblox123 roblox1234 overwatch warcraft warcraft1 starcraft starcraft1
worldofwarcraft counterstrike callofduty halflife counter1 battlefield metallica metallica1 nirvana1 slipknot slipknot1 slipknot666
linkinpark blink182 blink-182 greenday greenday1 eminem123 eminem12 beatles1 beatles123 ledzeppelin zeppelin acdc1234 ironmaiden
rammstein rammstein1 evanescence evanescence1 mychemicalromance hellokitty hellokitty1 hello123 hello1234 hello12345 hello123456
hellohello helloworld helloworld1 hello@123 football football1 football12 football123 football2 soccer123 soccer12 soccer10 baseball
baseball1 baseball12 baseball123 basketball basketball1 basketball23 volleyball volleyball1 softball softball1 hockey123 hockey12
lacrosse lacrosse1 swimming swimming1 cheerleader cheerleader1 wrestling wrestling1 gymnastics skateboard skateboard1 skater123
snowboard snowboard1 liverpool liverpool1 liverpool123 liverpoolfc arsenal1 arsenal12 arsenal123 arsenalfc chelsea1 chelsea12
chelsea123 chelseafc manchester manchester1 manchesterunited manutd123 manunited barcelona barcelona1 barcelona10 fcbarcelona
realmadrid realmadrid1 juventus juventus1 acmilan1899 intermilan bayern123 borussia dortmund galatasaray fenerbahce besiktas
trabzonspor celtic1888 rangers1 rangers1872 everton1 tottenham tottenham1 westham1 newcastle newcastle1 yankees1 yankees2 redsox123
redsox04 dodgers1 giants123 cowboys1 cowboys22 steelers steelers1 steelers7 patriots patriots1 packers1 packers12 broncos1 raiders1
eagles123 seahawks lakers24 lakers123 celtics1 bulls123 jordan23 jordan123 michael23 kobe2424 lebron23 ronaldo7 ronaldo9 cristiano7
messi123 neymar123 beckham7 shaquille tigerwoods schumacher princess princess1 princess12 princess123 princess2 sunshine sunshine1
sunshine12 sunshine123 sunshine2 sunflower sunflower1 butterfly butterfly1 butterfly12 butterfly2 rainbow1 rainbow123 rainbows
sweetheart sweetheart1 sweetie1 sweetpea sweetpea1 babygirl babygirl1 babygirl12 babygirl123 babydoll babydoll1 babyboy1 babyboy12
baby1234 barbie123 beautiful beautiful1 beauty123 precious precious1 preciosa princesa princesa1 angelica angelina angelina1
angels123 angel123 angel1234 angelito blessed1 blessing blessings jesus123 jesus777 jesuschrist jesusislord jesuslovesme jesusloves
godisgood godisgood1 godislove godbless faith123 hope1234 grace123 heaven777 allah786 allah123 bismillah bismillah1 alhamdulillah
mohammed muhammad mohamed1 krishna1 krishna123 sairam123 omsairam hanuman1 ganesha1 waheguru christ123 christian christian1
christina christine christmas christmas1 computer computer1 computer12 computer123 internet internet1 internet123 samsung1
samsung123 samsung12 nokia123 nokia1234 motorola motorola1 iphone123 android1 google123 google12 facebook facebook1 facebook123
twitter1 twitter123 youtube1 youtube123 myspace1 myspace123 instagram whatsapp linkedin microsoft microsoft1 windows1 windows10
windows123 windowsxp windows7 linux123 ubuntu123 debian123 apple123 macintosh macbook1 playstation playstation2 playstation3
xbox3600 xbox360123 nintendo nintendo1 gamecube gameboy1 gamer123 hacker123 hackers1 killer123 killer12 killers1 killerbee matrix123
thematrix security security1 secret123 secret12 secret1234 topsecret private1 private123 access14 access123 system32 server123
network1 database oracle123 mysql123 postgres postgres1 sqlserver master123 master12 mastermind masterkey cisco123 cisco1234
router123 modem123 wireless wireless1 wifi1234 wifi12345 wifipassword internet2 letmein2 login123 login1234 loginlogin logitech
logitech1 backup123 support1 support123 office123 manager1 manager123 supervisor service1 service123 company1 company123 business
business1 money123 money1234 dollars1 bitcoin1 bitcoin123 crypto123 ethereum monkey123 monkey12 monkey1234 monkeys1 elephant
elephant1 dolphin1 dolphin123 dolphins dolphins1 kittycat kittycat1 kitty123 kitten123 kittens1 puppy123 puppies1 doggy123 doggie12
poohbear poohbear1 winniethepooh teddybear teddybear1 penguin1 penguins turtle123 butterflies tigger123 tigger12 tigers123 panther1
panthers leopard1 cheetah1 jaguar123 jaguars1 mustang1 mustang12 mustangs mustang69 horses123 ponies123 scorpion scorpion1 spiders1
rabbit123 bunny123 froggy123 froggies chicken1 chicken123 buffalo1 eagle123 falcon123 hawkeye1 phoenix1 phoenix123 unicorn1
unicorn123 unicorns dinosaur dinosaur1 dragonfly dragonfly1 ladybug1 ladybug123 starfish crocodile alligator kangaroo chocolate
chocolate1 chocolate12 chocolate123 chocolate2 cookie123 cookies1 cookies123 cupcake1 cupcake123 cheesecake pancake1 pancakes
cheese123 cheese12 cheeseburger pizza123 pizzahut spaghetti macaroni strawberry strawberry1 blueberry blueberry1 raspberry
blackberry blackberry1 cherry123 cherries banana123 bananas1 pineapple pineapple1 watermelon watermelon1 peaches1 peaches123
peanut123 peanuts1 peanutbutter popcorn1 popcorn123 marshmallow snickers snickers1 skittles skittles1 starburst mountaindew pepsi123
pepsicola coca-cola cocacola cocacola1 coffee123 starbucks starbucks1 budweiser heineken heineken1 guinness guinness1 corona123
tequila1 whiskey1 jackdaniels marlboro marlboro1 newport1 cannabis marijuana weed4200 smokeweed smokeweed420 charlie1 charlie12
charlie123 charlie2 michael1 michael12 michael123 michael2 michelle michelle1 michelle12 michelle123 jennifer jennifer1 jennifer12
jennifer123 jessica1 jessica12 jessica123 jessica2 ashley123 ashley12 amanda123 amanda12 stephanie stephanie1 stephen1 danielle
danielle1 danielle12 daniel123 daniel12 daniel1234 daniela1 daniela123 daniella nicole123 nicole12 nicholas nicholas1 nicholas12
matthew1 matthew12 matthew123 matthew2 anthony1 anthony12 anthony123 anthony2 andrew123 andrew12 joshua123 joshua12 joseph123
joseph12 jonathan jonathan1 jonathan12 jonathan123 jordan12 justin123 justin12 justinbieber justinbieber1 robert123 robert12
roberto1 richard1 richard123 thomas123 thomas12 william1 william12 william123 williams benjamin benjamin1 benjamin12 brandon1
brandon12 brandon123 brandon2 alexander alexander1 alexandra alexandra1 alexandre alexander123 alexis123 alexis12 alejandro
alejandro1 alejandra alejandra1 alexandru samantha samantha1 samantha12 samantha123 elizabeth elizabeth1 elizabeth2 elizabeth123
isabella isabella1 isabelle isabelle1 victoria victoria1 victoria12 victoria123 vanessa1 vanessa12 vanessa123 veronica veronica1
valentina valentina1 valentin valeria1 valerie1 melissa1 melissa12 melissa123 natalie1 natalie123 nathalie natasha1 natasha123
nathan123 rebecca1 rebecca123 rachel123 patricia patricia1 patrick1 patrick12 patrick123 caroline caroline1 carolina carolina1
catherine catherine1 charlotte charlotte1 chris123 chris1234 christopher christopher1 christoph cristina cristian cristian1
cristiano eduardo1 eduardo123 fernando fernando1 fernanda fernanda1 francisco francisco1 francesca francesco franklin frederic
frederick gabriel1 gabriel123 gabriela gabriela1 gabriella gabriella1 gabrielle gabrielle1 george123 georgina gonzalez gonzalo1
hernandez rodriguez martinez fernandez gutierrez gregory1 guillermo harrypotter harrypotter1 harry123 heather1 heather123 hector123
isabel123 jackson1 jackson123 jackson5 jasmine1 jasmine12 jasmine123 jeffrey1 jeremiah jeremy123 johncena johncena1 johnny123
johnson1 juancarlos katherine katherine1 kathleen kathryn1 kayla123 kenneth1 kimberly kimberly1 kristen1 kristina kristine lauren123
lawrence leonardo leonardo1 lindsay1 lindsey1 lorenzo1 madison1 madison123 margaret margaret1 margarita marianne maria123 maria1234
mariana1 marina123 mariposa mariposa1 marissa1 martin123 martina1 mauricio maxwell1 maximus1 maximilian melanie1 mercedes mercedes1
miranda1 mitchell mohamed123 monica123 monster1 monster12 monster123 morgan123 mustafa1 nathaniel nikita123 olivia123 oliver123
oliver12 pamela123 pauline1 peterpan phillip1 priscilla raymond1 ricardo1 ricardo123 rodrigo1 ronaldo1 ronaldo123 sabrina1
sabrina123 salvador samuel123 sandra123 santiago santiago1 sarah123 sebastian sebastian1 sergio123 shannon1 sharon123 sophia123
sophie123 spencer1 steven123 suzanne1 taylor123 taylor12 taylorswift terminator theresa1 tiffany1 tiffany123 timothy1 timothy123
tristan1 tyler123 vincent1 vincent123 virginia virginia1 whitney1 zachary1 zachary123 january1 january123 january! january2018
january2019 january2020 january2021 january2022 january2023 january2024 january2025 january2026 february1 february123 february!
february2018 february2019 february2020 february2021 february2022 february2023 february2024 february2025 february2026 march123
march2018 march2019 march2020 march2021 march2022 march2023 march2024 march2025 march2026 april123 april2018 april2019 april2020
april2021 april2022 april2023 april2024 april2025 april2026 june2018 june2019 june2020 june2021 june2022 june2023 june2024 june2025
june2026 july2018 july2019 july2020 july2021 july2022 july2023 july2024 july2025 july2026 august123 august2018 august2019 august2020
august2021 august2022 august2023 august2024 august2025 august2026 september1 september123 september! september2018 september2019
september2020 september2021 september2022 september2023 september2024 september2025 september2026 october1 october123 october!
october2018 october2019 october2020 october2021 october2022 october2023 october2024 october2025 october2026 november1 november123
november! november2018 november2019 november2020 november2021 november2022 november2023 november2024 november2025 november2026
december1 december123 december! december2018 december2019 december2020 december2021 december2022 december2023 december2024
december2025 december2026 monday123 monday2018 monday2019 monday2020 monday2021 monday2022 monday2023 monday2024 monday2025
monday2026 tuesday1 tuesday123 tuesday! tuesday2018 tuesday2019 tuesday2020 tuesday2021 tuesday2022 tuesday2023 tuesday2024
tuesday2025 tuesday2026 wednesday1 wednesday123 wednesday! wednesday2018 wednesday2019 wednesday2020 wednesday2021 wednesday2022
wednesday2023 wednesday2024 wednesday2025 wednesday2026 thursday1 thursday123 thursday! thursday2018 thursday2019 thursday2020
thursday2021 thursday2022 thursday2023 thursday2024 thursday2025 thursday2026 friday123 friday2018 friday2019 friday2020 friday2021
friday2022 friday2023 friday2024 friday2025 friday2026 saturday1 saturday123 saturday! saturday2018 saturday2019 saturday2020
saturday2021 saturday2022 saturday2023 saturday2024 saturday2025 saturday2026 sunday123 sunday2018 sunday2019 sunday2020 sunday2021
sunday2022 sunday2023 sunday2024 sunday2025 sunday2026 summer123 summer2018 summer2019 summer2020 summer2021 summer2022 summer2023
summer2024 summer2025 summer2026 winter123 winter2018 winter2019 winter2020 winter2021 winter2022 winter2023 winter2024 winter2025
winter2026 spring123 spring2018 spring2019 spring2020 spring2021 spring2022 spring2023 spring2024 spring2025 spring2026 autumn123
autumn2018 autumn2019 autumn2020 autumn2021 autumn2022 autumn2023 autumn2024 autumn2025 autumn2026 fall2018 fall2019 fall2020
fall2021 fall2022 fall2023 fall2024 fall2025 fall2026 000000000000 111111111111 222222222 2222222222 222222222222 333333333
3333333333 333333333333 444444444 4444444444 444444444444 555555555 5555555555 555555555555 666666666 6666666666 666666666666
777777777 7777777777 777777777777 888888888 8888888888 888888888888 999999999 9999999999 999999999999 01010101 21212121 42424242
09876543 098765432 12345678901 09876543210 98765432109 123456789012 098765432109 987654321098 01011975 01011976 01011977 01011978
01011979 01011980 01011981 01011982 01011983 01011984 01011985 01011986 01011987 01011988 01011989 01011990 01011991 01011992
01011993 01011994 01011995 01011996 01011997 01011998 01011999 01012000 01012001 01012002 01012003 01012004 01012005 01012006
01012007 01012008 01012009 01012010 shadow123 hunter123 hannah123 maggie123 buster123 pepper123 ginger123 orange123 purple123
yellow123 silver123 golden123 flower123 lover123 junior123 family123 friends123 freedom123 thunder123 lightning123 diamond123
crystal123 tiger123 panda123 horse123 mustang123 ferrari123 porsche123 corvette123 yamaha123 honda123 toyota123 mercedes123
starwars123 gaming123 ninja123 pirate123 warrior123 knight123 wizard123 merlin123 gandalf123 hobbit123 frodo123 legolas123
aragorn123 harley123 davidson123 guitar123 music123 metal123 blues123 drummer123 player123 winner123 champion123 legend123 queen123
prince123 lucky123 magic123 mystic123 dream123 dreamer123 ocean123 river123 mountain123 forest123 water123 earth123 blood123
death123 devil123 demon123 satan123 heaven123 angelo123 david123 james123 peter123 oscar123 tommy123 jimmy123 bobby123 billy123
danny123 kevin123 brian123 jason123 austin123 dallas123 houston123 texas123 boston123 chicago123 newyork123 london123 paris123
berlin123 madrid123 moscow123 tokyo123 india123 china123 canada123 america123 england123 france123 germany123 italia123 brazil123
mexico123 australia123 spider123 snoopy123 scooby123 mickey123 minnie123 donald123 garfield123 simpson123 homer123 barcelona123
milan123 juventus123 united123 yankees123 cowboys123 steelers123 packers123 raiders123 rangers123 celtic123 passwort1234 letmein1234
dragon1234 master1234 sunshine1234 princess1234 football1234 baseball1234 superman1234 batman1234 shadow1234 hunter1234 soccer1234
killer1234 summer1234 winter1234 spring1234 autumn1234 michael1234 jordan1234 charlie1234 andrew1234 thomas1234 robert1234
jessica1234 ashley1234 nicole1234 hannah1234 maggie1234 buster1234 tigger1234 pepper1234 ginger1234 cookie1234 cheese1234 banana1234
orange1234 purple1234 yellow1234 silver1234 golden1234 flower1234 rainbow1234 angels1234 lovely1234 love1234 lover1234 junior1234
family1234 friends1234 freedom1234 thunder1234 lightning1234 diamond1234 crystal1234 phoenix1234 falcon1234 eagle1234 tiger1234
lion1234 wolf1234 bear1234 panda1234 kitty1234 puppy1234 bunny1234 chicken1234 turtle1234 dolphin1234 horse1234 mustang1234
ferrari1234 porsche1234 corvette1234 yamaha1234 honda1234 toyota1234 mercedes1234 testing1234 guest1234 changeme1234 access1234
computer1234 internet1234 google1234 facebook1234 samsung1234 apple1234 iphone1234 starwars1234 matrix1234 pokemon1234 naruto1234
minecraft1234 fortnite1234 gaming1234 gamer1234 hacker1234 ninja1234 pirate1234 warrior1234 knight1234 wizard1234 merlin1234
gandalf1234 hobbit1234 frodo1234 legolas1234 aragorn1234 harley1234 davidson1234 guitar1234 music1234 metal1234 rock1234 punk1234
jazz1234 blues1234 drummer1234 player1234 winner1234 champion1234 legend1234 hero1234 boss1234 king1234 queen1234 prince1234
lucky1234 magic1234 mystic1234 dream1234 dreamer1234 star1234 moon1234 ocean1234 river1234 mountain1234 forest1234 snow1234 fire1234
water1234 earth1234 blood1234 death1234 devil1234 demon1234 satan1234 hell1234 heaven1234 jesus1234 christ1234 angelo1234 anna1234
david1234 james1234 john1234 william1234 joseph1234 george1234 peter1234 paul1234 mark1234 luke1234 matthew1234 alex1234
alexander1234 samuel1234 oscar1234 jack1234 harry1234 oliver1234 tommy1234 jimmy1234 bobby1234 billy1234 johnny1234 danny1234
kevin1234 brian1234 justin1234 jason1234 tyler1234 austin1234 dallas1234 houston1234 texas1234 boston1234 chicago1234 newyork1234
london1234 paris1234 berlin1234 madrid1234 moscow1234 tokyo1234 india1234 china1234 canada1234 america1234 england1234 france1234
germany1234 italia1234 brazil1234 mexico1234 australia1234 spider1234 snoopy1234 scooby1234 mickey1234 minnie1234 donald1234
garfield1234 simpson1234 bart1234 homer1234 arsenal1234 chelsea1234 liverpool1234 barcelona1234 milan1234 juventus1234 united1234
lakers1234 yankees1234 cowboys1234 steelers1234 packers1234 raiders1234 eagles1234 giants1234 redsox1234 rangers1234 celtic1234
passwort12345 welcome12345 letmein12345 monkey12345 dragon12345 master12345 sunshine12345 princess12345 football12345 baseball12345
superman12345 batman12345 shadow12345 hunter12345 soccer12345 killer12345 summer12345 winter12345 spring12345 autumn12345
michael12345 jordan12345 charlie12345 andrew12345 thomas12345 robert12345 daniel12345 jessica12345 ashley12345 nicole12345
hannah12345 maggie12345 buster12345 tigger12345 pepper12345 ginger12345 cookie12345 cheese12345 banana12345 orange12345 purple12345
yellow12345 silver12345 golden12345 flower12345 rainbow12345 angel12345 angels12345 lovely12345 love12345 lover12345 baby12345
junior12345 family12345 friends12345 freedom12345 thunder12345 lightning12345 diamond12345 crystal12345 phoenix12345 falcon12345
eagle12345 tiger12345 lion12345 wolf12345 bear12345 panda12345 kitty12345 puppy12345 bunny12345 chicken12345 turtle12345
dolphin12345 horse12345 mustang12345 ferrari12345 porsche12345 corvette12345 yamaha12345 honda12345 toyota12345 mercedes12345
bmw12345 secret12345 testing12345 login12345 guest12345 temp12345 changeme12345 access12345 computer12345 internet12345 google12345
facebook12345 samsung12345 apple12345 iphone12345 nokia12345 starwars12345 matrix12345 pokemon12345 naruto12345 minecraft12345
fortnite12345 gaming12345 gamer12345 hacker12345 ninja12345 pirate12345 warrior12345 knight12345 wizard12345 merlin12345
gandalf12345 hobbit12345 frodo12345 legolas12345 aragorn12345 harley12345 davidson12345 guitar12345 music12345 metal12345 rock12345
punk12345 jazz12345 blues12345 drummer12345 player12345 winner12345 champion12345 legend12345 hero12345 boss12345 king12345
queen12345 prince12345 lucky12345 magic12345 mystic12345 dream12345 dreamer12345 star12345 moon12345 sky12345 ocean12345 river12345
mountain12345 forest12345 snow12345 fire12345 ice12345 water12345 earth12345 blood12345 death12345 devil12345 demon12345 satan12345
hell12345 heaven12345 jesus12345 christ12345 god12345 angelo12345 maria12345 anna12345 david12345 james12345 john12345 william12345
joseph12345 george12345 peter12345 paul12345 mark12345 luke12345 matthew12345 alex12345 alexander12345 sam12345 samuel12345 max12345
oscar12345 jack12345 harry12345 oliver12345 tommy12345 jimmy12345 bobby12345 billy12345 johnny12345 danny12345 kevin12345 brian12345
justin12345 jason12345 tyler12345 austin12345 dallas12345 houston12345 texas12345 boston12345 chicago12345 newyork12345 london12345
paris12345 berlin12345 madrid12345 moscow12345 tokyo12345 india12345 china12345 canada12345 america12345 england12345 france12345
germany12345 italia12345 brazil12345 mexico12345 australia12345 spider12345 snoopy12345 scooby12345 mickey12345 minnie12345
donald12345 garfield12345 simpson12345 bart12345 homer12345 arsenal12345 chelsea12345 liverpool12345 barcelona12345 milan12345
juventus12345 united12345 lakers12345 yankees12345 cowboys12345 steelers12345 packers12345 raiders12345 eagles12345 giants12345
redsox12345 rangers12345 celtic12345 passwort123456 qwerty123456 welcome123456 letmein123456 monkey123456 dragon123456 master123456
sunshine123456 princess123456 football123456 baseball123456 superman123456 batman123456 shadow123456 hunter123456 soccer123456
killer123456 summer123456 winter123456 spring123456 autumn123456 michael123456 jordan123456 charlie123456 andrew123456 thomas123456
robert123456 daniel123456 jessica123456 ashley123456 nicole123456 hannah123456 maggie123456 buster123456 tigger123456 pepper123456
ginger123456 cookie123456 cheese123456 banana123456 orange123456 purple123456 yellow123456 silver123456 golden123456 flower123456
rainbow123456 angel123456 angels123456 lovely123456 love123456 lover123456 baby123456 junior123456 family123456 friends123456
freedom123456 thunder123456 lightning123456 diamond123456 crystal123456 phoenix123456 falcon123456 eagle123456 tiger123456
lion123456 wolf123456 bear123456 panda123456 kitty123456 puppy123456 bunny123456 chicken123456 turtle123456 dolphin123456
horse123456 mustang123456 ferrari123456 porsche123456 corvette123456 yamaha123456 honda123456 toyota123456 mercedes123456 bmw123456
secret123456 testing123456 login123456 user123456 guest123456 root123456 temp123456 changeme123456 access123456 computer123456
internet123456 google123456 facebook123456 samsung123456 apple123456 iphone123456 nokia123456 starwars123456 matrix123456
pokemon123456 naruto123456 minecraft123456 fortnite123456 gaming123456 gamer123456 hacker123456 ninja123456 pirate123456
warrior123456 knight123456 wizard123456 merlin123456 gandalf123456 hobbit123456 frodo123456 legolas123456 aragorn123456 harley123456
davidson123456 guitar123456 music123456 metal123456 rock123456 punk123456 jazz123456 blues123456 drummer123456 player123456
winner123456 champion123456 legend123456 hero123456 boss123456 king123456 queen123456 prince123456 lucky123456 magic123456
mystic123456 dream123456 dreamer123456 star123456 moon123456 sun123456 sky123456 ocean123456 river123456 mountain123456 forest123456
snow123456 fire123456 ice123456 water123456 earth123456 blood123456 death123456 devil123456 demon123456 satan123456 hell123456
heaven123456 jesus123456 christ123456 god123456 angelo123456 maria123456 anna123456 david123456 james123456 john123456 william123456
joseph123456 george123456 peter123456 paul123456 mark123456 luke123456 matthew123456 alex123456 alexander123456 sam123456
samuel123456 max123456 oscar123456 jack123456 harry123456 oliver123456 tommy123456 jimmy123456 bobby123456 billy123456 johnny123456
danny123456 kevin123456 brian123456 justin123456 jason123456 tyler123456 austin123456 dallas123456 houston123456 texas123456
boston123456 chicago123456 newyork123456 london123456 paris123456 berlin123456 madrid123456 moscow123456 tokyo123456 india123456
china123456 canada123456 america123456 england123456 france123456 germany123456 italia123456 brazil123456 mexico123456
australia123456 spider123456 snoopy123456 scooby123456 mickey123456 minnie123456 donald123456 garfield123456 simpson123456
bart123456 homer123456 arsenal123456 chelsea123456 liverpool123456 barcelona123456 milan123456 juventus123456 united123456
lakers123456 yankees123456 cowboys123456 steelers123456 packers123456 raiders123456 eagles123456 giants123456 redsox123456
rangers123456 celtic123456 friends1 freedom1 thunder1 lightning1 diamond1 crystal1 ferrari1 porsche1 corvette1 warrior1 gandalf1
legolas1 aragorn1 davidson1 drummer1 champion1 dreamer1 mountain1 houston1 chicago1 newyork1 america1 england1 germany1 australia1
garfield1 simpson1 passwort12 letmein12 superman12 shadow12 hunter12 summer12 winter12 spring12 autumn12 hannah12 maggie12 buster12
pepper12 ginger12 cookie12 banana12 orange12 purple12 yellow12 silver12 golden12 flower12 rainbow12 angels12 lovely12 junior12
family12 friends12 freedom12 thunder12 lightning12 diamond12 crystal12 phoenix12 falcon12 chicken12 turtle12 dolphin12 ferrari12
porsche12 corvette12 yamaha12 toyota12 mercedes12 testing12 changeme12 access12 internet12 facebook12 iphone12 starwars12 matrix12
minecraft12 fortnite12 gaming12 hacker12 pirate12 warrior12 knight12 wizard12 merlin12 gandalf12 hobbit12 legolas12 aragorn12
harley12 davidson12 guitar12 drummer12 player12 winner12 champion12 legend12 prince12 mystic12 dreamer12 mountain12 forest12
heaven12 christ12 angelo12 george12 alexander12 samuel12 johnny12 austin12 dallas12 houston12 boston12 chicago12 newyork12 london12
berlin12 madrid12 moscow12 canada12 america12 england12 france12 germany12 italia12 brazil12 mexico12 australia12 spider12 snoopy12
scooby12 mickey12 minnie12 donald12 garfield12 simpson12 liverpool12 barcelona12 juventus12 united12 lakers12 yankees12 cowboys12
steelers12 raiders12 eagles12 giants12 redsox12 rangers12 celtic12 passwort2 baseball2 superman2 rainbow2 friends2 freedom2 thunder2
lightning2 diamond2 crystal2 phoenix2 chicken2 dolphin2 mustang2 ferrari2 porsche2 corvette2 mercedes2 testing2 changeme2 computer2
facebook2 samsung2 starwars2 pokemon2 minecraft2 fortnite2 warrior2 gandalf2 legolas2 aragorn2 davidson2 drummer2 champion2 dreamer2
mountain2 william2 alexander2 houston2 chicago2 newyork2 america2 england2 germany2 australia2 garfield2 simpson2 arsenal2 chelsea2
liverpool2 barcelona2 juventus2 cowboys2 steelers2 packers2 raiders2 rangers2 passwort! sunshine! princess! football! baseball!
superman! michael! charlie! jessica! rainbow! friends! freedom! thunder! lightning! diamond! crystal! phoenix! chicken! dolphin!
mustang! ferrari! porsche! corvette! mercedes! testing! changeme! computer! internet! facebook! samsung! starwars! pokemon!
minecraft! fortnite! warrior! gandalf! legolas! aragorn! davidson! drummer! champion! dreamer! mountain! william! matthew!
alexander! houston! chicago! newyork! america! england! germany! australia! garfield! simpson! arsenal! chelsea! liverpool!
barcelona! juventus! yankees! cowboys! steelers! packers! raiders! rangers! passwort1! qwerty1! welcome1! letmein1! monkey1!
dragon1! master1! sunshine1! princess1! football1! baseball1! superman1! batman1! shadow1! hunter1! soccer1! killer1! summer1!
winter1! spring1! autumn1! michael1! jordan1! charlie1! andrew1! thomas1! robert1! daniel1! jessica1! ashley1! nicole1! hannah1!
maggie1! buster1! tigger1! pepper1! ginger1! cookie1! cheese1! banana1! orange1! purple1! yellow1! silver1! golden1! flower1!
rainbow1! angels1! lovely1! junior1! family1! friends1! freedom1! thunder1! lightning1! diamond1! crystal1! phoenix1! falcon1!
chicken1! turtle1! dolphin1! mustang1! ferrari1! porsche1! corvette1! yamaha1! toyota1! mercedes1! secret1! testing1! changeme1!
access1! computer1! internet1! google1! facebook1! samsung1! iphone1! starwars1! matrix1! pokemon1! naruto1! minecraft1! fortnite1!
gaming1! hacker1! pirate1! warrior1! knight1! wizard1! merlin1! gandalf1! hobbit1! legolas1! aragorn1! harley1! davidson1! guitar1!
drummer1! player1! winner1! champion1! legend1! prince1! mystic1! dreamer1! mountain1! forest1! heaven1! christ1! angelo1! william1!
joseph1! george1! matthew1! alexander1! samuel1! oliver1! johnny1! justin1! austin1! dallas1! houston1! boston1! chicago1! newyork1!
london1! berlin1! madrid1! moscow1! canada1! america1! england1! france1! germany1! italia1! brazil1! mexico1! australia1! spider1!
snoopy1! scooby1! mickey1! minnie1! donald1! garfield1! simpson1! arsenal1! chelsea1! liverpool1! barcelona1! juventus1! united1!
lakers1! yankees1! cowboys1! steelers1! packers1! raiders1! eagles1! giants1! redsox1! rangers1! celtic1! password123! passwort123!
qwerty123! welcome123! admin123! letmein123! monkey123! dragon123! master123! sunshine123! princess123! football123! baseball123!
superman123! batman123! shadow123! hunter123! soccer123! killer123! summer123! winter123! spring123! autumn123! michael123!
jordan123! charlie123! andrew123! thomas123! robert123! daniel123! jessica123! ashley123! nicole123! hannah123! maggie123!
buster123! tigger123! pepper123! ginger123! cookie123! cheese123! banana123! orange123! purple123! yellow123! silver123! golden123!
flower123! rainbow123! angel123! angels123! lovely123! love123! lover123! baby123! junior123! family123! friends123! freedom123!
thunder123! lightning123! diamond123! crystal123! phoenix123! falcon123! eagle123! tiger123! lion123! wolf123! bear123! panda123!
kitty123! puppy123! bunny123! chicken123! turtle123! dolphin123! horse123!
`

export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(WORDS.trim().split(/\s+/))
