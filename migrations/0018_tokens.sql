-- Search finds words inside Chinese, Japanese, Thai and Korean, words that touch "/._<>@-", and beginnings of words. How
-- text becomes tokens is decided here and in src/search/tokenizer.ts, by Unicode alone: neither the parser of PostgreSQL nor
-- the locale of the database has a say, so that every database finds the same.

-- The tokens of a text between spaces: " meet me at the cafe ", " 東 京 ". Without case, accents and what shows nothing.
-- A phrase stands in it as a substring. Ranges of characters are those of Unicode 17.
create function tokens_of(body text) returns text language plpgsql immutable strict parallel safe as $$
declare
  tokens text := body;
begin
  if octet_length(tokens) > length(tokens) then
    -- Accents, vowel points, and what shows nothing (but for the zero-width space). There are ligatures of 18 letters: a text of them ends
    -- somewhere, all others are whole.
    tokens := regexp_replace(left(normalize(tokens, NFKD), 40000), (E'[\\u00ad\\u0300-\\u036f\\u0483-\\u0489\\u0591-\\u05bd\\u05bf\\u05c1-\\u05c2\\u05c4-\\u05c5\\u05c7' ||
      E'\\u0610-\\u061a\\u061c\\u0640\\u064b-\\u065f\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7-\\u06e8' ||
      E'\\u06ea-\\u06ed\\u0711\\u0730-\\u074a\\u115f-\\u1160\\u17b4-\\u17b5\\u180b-\\u180f\\u1ab0-\\u1aff' ||
      E'\\u1dc0-\\u1dff\\u200c-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\u20d0-\\u20ff\\u302a-\\u302f\\u3164' ||
      E'\\ufe00-\\ufe0f\\ufe20-\\ufe2f\\ufeff\\uffa0\\ufff0-\\ufff8\\U0001bca0-\\U0001bca3' ||
      E'\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]') collate "C", '', 'g');
  end if;
  -- The C collation lowers ASCII alone and is the same everywhere.
  tokens := lower(tokens collate "C");
  if octet_length(tokens) > length(tokens) then
    -- Letters that Unicode does not take apart.
    tokens := translate(tokens, 'ÆÐđĐðØøÞĦħıŁłŊŋŒŦŧƀɃȻȼǤǥƗɨɈɉɌɍɄʉƵƶẞĸ', 'æddddooþhhillnnœttbbccggiijjrruuzzßk');
    tokens := replace(replace(replace(replace(tokens, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
  end if;
  if octet_length(tokens) = length(tokens) then
    return rtrim(regexp_replace(' ' || tokens collate "C", '[^a-z0-9]+', ' ', 'g')) || ' ';
  end if;
  -- Greek and Cyrillic first: translate takes as long as its list.
  if tokens ~ E'[\\u0391-\\u042f]' collate "C" then
    tokens := translate(tokens, 'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯς', 'αβγδεζηθικλμνξοπρστυφχψωђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяσ');
  end if;
  if tokens ~ (E'[\\u0181-\\u018b\\u018e-\\u0198\\u019c-\\u019f\\u01a2-\\u01a9\\u01ac-\\u01ae\\u01b1-\\u01b3' ||
      E'\\u01b7-\\u01b8\\u01bc\\u01f6-\\u01f7\\u021c\\u0220-\\u0224\\u023a\\u023d-\\u023e\\u0241' ||
      E'\\u0245-\\u0246\\u024a\\u024e\\u0370-\\u0372\\u0376\\u037f\\u03cf\\u03d8-\\u03ee\\u03f7\\u03fa' ||
      E'\\u03fd-\\u03ff\\u0460-\\u0474\\u0478-\\u0480\\u048a-\\u04c0\\u04c3-\\u04cd\\u04d4\\u04d8\\u04e0' ||
      E'\\u04e8\\u04f6\\u04fa-\\u052e\\u0531-\\u0556\\u10a0-\\u10c7\\u10cd\\u13a0-\\u13f5\\u1c89' ||
      E'\\u1c90-\\u1cba\\u1cbd-\\u1cbf\\u1efa-\\u1efe\\u2132\\u2183\\u2c00-\\u2c2f\\u2c60-\\u2c64' ||
      E'\\u2c67-\\u2c72\\u2c75\\u2c7e-\\u2ce2\\u2ceb-\\u2ced\\u2cf2\\ua640-\\ua66c\\ua680-\\ua69a' ||
      E'\\ua722-\\ua72e\\ua732-\\ua76e\\ua779-\\ua786\\ua78b-\\ua78d\\ua790-\\ua792\\ua796-\\ua7dc\\ua7f5' ||
      E'\\U00010400-\\U00010427\\U000104b0-\\U000104d3\\U00010570-\\U00010595\\U00010c80-\\U00010cb2' ||
      E'\\U00010d50-\\U00010d65\\U000118a0-\\U000118bf\\U00016e40-\\U00016e5f\\U00016ea0-\\U00016eb8' ||
      E'\\U0001e900-\\U0001e921]') collate "C" then
    tokens := translate(tokens,
      'ƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƘƜƝƟƢƤƦƧƩƬƮƱƲƳƷƸƼǶǷȜȠȢȤȺȽȾɁɅɆɊɎͰͲͶͿϏϘϚϜϞϠϢϤϦϨϪϬϮϷϺϽϾϿѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨ' ||
      'ҪҬҮҰҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖႠႡႢႣႤႥႦႧႨႩႪႫ' ||
      'ႬႭႮႯႰႱႲႳႴႵႶႷႸႹႺႻႼႽႾႿჀჁჂჃჄჅჇჍᎠᎡᎢᎣᎤᎥᎦᎧᎨᎩᎪᎫᎬᎭᎮᎯᎰᎱᎲᎳᎴᎵᎶᎷᎸᎹᎺᎻᎼᎽᎾᎿᏀᏁᏂᏃᏄᏅᏆᏇᏈᏉᏊᏋᏌᏍᏎᏏᏐᏑᏒᏓᏔᏕᏖᏗᏘᏙᏚᏛᏜᏝᏞᏟᏠᏡᏢᏣᏤᏥᏦᏧ' ||
      'ᏨᏩᏪᏫᏬᏭᏮᏯᏰᏱᏲᏳᏴᏵᲉᲐᲑᲒᲓᲔᲕᲖᲗᲘᲙᲚᲛᲜᲝᲞᲟᲠᲡᲢᲣᲤᲥᲦᲧᲨᲩᲪᲫᲬᲭᲮᲯᲰᲱᲲᲳᲴᲵᲶᲷᲸᲹᲺᲽᲾᲿỺỼỾℲↃⰀⰁⰂⰃⰄⰅⰆⰇⰈⰉⰊⰋⰌⰍⰎⰏⰐⰑⰒⰓⰔⰕⰖⰗⰘⰙⰚⰛⰜⰝⰞⰟⰠⰡ' ||
      'ⰢⰣⰤⰥⰦⰧⰨⰩⰪⰫⰬⰭⰮⰯⱠⱢⱣⱤⱧⱩⱫⱭⱮⱯⱰⱲⱵⱾⱿⲀⲂⲄⲆⲈⲊⲌⲎⲐⲒⲔⲖⲘⲚⲜⲞⲠⲢⲤⲦⲨⲪⲬⲮⲰⲲⲴⲶⲸⲺⲼⲾⳀⳂⳄⳆⳈⳊⳌⳎⳐⳒⳔⳖⳘⳚⳜⳞⳠⳢⳫⳭⳲꙀꙂꙄꙆꙈꙊꙌꙎꙐꙒꙔꙖꙘꙚꙜꙞꙠꙢ' ||
      'ꙤꙦꙨꙪꙬꚀꚂꚄꚆꚈꚊꚌꚎꚐꚒꚔꚖꚘꚚꜢꜤꜦꜨꜪꜬꜮꜲꜴꜶꜸꜺꜼꜾꝀꝂꝄꝆꝈꝊꝌꝎꝐꝒꝔꝖꝘꝚꝜꝞꝠꝢꝤꝦꝨꝪꝬꝮꝹꝻꝽꝾꞀꞂꞄꞆꞋꞍꞐꞒꞖꞘꞚꞜꞞꞠꞢꞤꞦꞨꞪꞫꞬꞭꞮꞰꞱꞲꞳꞴꞶꞸꞺꞼꞾꟀꟂꟄꟅꟆꟇ' ||
      'ꟉꟋꟌ꟎Ꟑ꟒꟔ꟖꟘꟚꟜꟵ𐐀𐐁𐐂𐐃𐐄𐐅𐐆𐐇𐐈𐐉𐐊𐐋𐐌𐐍𐐎𐐏𐐐𐐑𐐒𐐓𐐔𐐕𐐖𐐗𐐘𐐙𐐚𐐛𐐜𐐝𐐞𐐟𐐠𐐡𐐢𐐣𐐤𐐥𐐦𐐧𐒰𐒱𐒲𐒳𐒴𐒵𐒶𐒷𐒸𐒹𐒺𐒻𐒼𐒽𐒾𐒿𐓀𐓁𐓂𐓃𐓄𐓅𐓆𐓇𐓈𐓉𐓊𐓋𐓌𐓍𐓎𐓏𐓐𐓑𐓒𐓓𐕰𐕱𐕲𐕳𐕴𐕵𐕶𐕷𐕸𐕹𐕺𐕼' ||
      '𐕽𐕾𐕿𐖀𐖁𐖂𐖃𐖄𐖅𐖆𐖇𐖈𐖉𐖊𐖌𐖍𐖎𐖏𐖐𐖑𐖒𐖔𐖕𐲀𐲁𐲂𐲃𐲄𐲅𐲆𐲇𐲈𐲉𐲊𐲋𐲌𐲍𐲎𐲏𐲐𐲑𐲒𐲓𐲔𐲕𐲖𐲗𐲘𐲙𐲚𐲛𐲜𐲝𐲞𐲟𐲠𐲡𐲢𐲣𐲤𐲥𐲦𐲧𐲨𐲩𐲪𐲫𐲬𐲭𐲮𐲯𐲰𐲱𐲲𐵐𐵑𐵒𐵓𐵔𐵕𐵖𐵗𐵘𐵙𐵚𐵛𐵜𐵝𐵞𐵟𐵠𐵡𐵢𐵣𐵤𐵥𑢠𑢡𑢢𑢣' ||
      '𑢤𑢥𑢦𑢧𑢨𑢩𑢪𑢫𑢬𑢭𑢮𑢯𑢰𑢱𑢲𑢳𑢴𑢵𑢶𑢷𑢸𑢹𑢺𑢻𑢼𑢽𑢾𑢿𖹀𖹁𖹂𖹃𖹄𖹅𖹆𖹇𖹈𖹉𖹊𖹋𖹌𖹍𖹎𖹏𖹐𖹑𖹒𖹓𖹔𖹕𖹖𖹗𖹘𖹙𖹚𖹛𖹜𖹝𖹞𖹟𖺠𖺡𖺢𖺣𖺤𖺥𖺦𖺧𖺨𖺩𖺪𖺫𖺬𖺭𖺮𖺯𖺰𖺱𖺲𖺳𖺴𖺵𖺶𖺷𖺸𞤀𞤁𞤂𞤃𞤄𞤅𞤆𞤇𞤈𞤉𞤊𞤋𞤌𞤍𞤎' ||
      '𞤏𞤐𞤑𞤒𞤓𞤔𞤕𞤖𞤗𞤘𞤙𞤚𞤛𞤜𞤝𞤞𞤟𞤠𞤡',
      'ɓƃƅɔƈɖɗƌǝəɛƒɠɣɩƙɯɲɵƣƥʀƨʃƭʈʊʋƴʒƹƽƕƿȝƞȣȥⱥƚⱦɂʌɇɋɏͱͳͷϳϗϙϛϝϟϡϣϥϧϩϫϭϯϸϻͻͼͽѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩ' ||
      'ҫҭүұҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆⴀⴁⴂⴃⴄⴅⴆⴇⴈⴉⴊⴋ' ||
      'ⴌⴍⴎⴏⴐⴑⴒⴓⴔⴕⴖⴗⴘⴙⴚⴛⴜⴝⴞⴟⴠⴡⴢⴣⴤⴥⴧⴭꭰꭱꭲꭳꭴꭵꭶꭷꭸꭹꭺꭻꭼꭽꭾꭿꮀꮁꮂꮃꮄꮅꮆꮇꮈꮉꮊꮋꮌꮍꮎꮏꮐꮑꮒꮓꮔꮕꮖꮗꮘꮙꮚꮛꮜꮝꮞꮟꮠꮡꮢꮣꮤꮥꮦꮧꮨꮩꮪꮫꮬꮭꮮꮯꮰꮱꮲꮳꮴꮵꮶꮷ' ||
      'ꮸꮹꮺꮻꮼꮽꮾꮿᏸᏹᏺᏻᏼᏽᲊაბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰჱჲჳჴჵჶჷჸჹჺჽჾჿỻỽỿⅎↄⰰⰱⰲⰳⰴⰵⰶⰷⰸⰹⰺⰻⰼⰽⰾⰿⱀⱁⱂⱃⱄⱅⱆⱇⱈⱉⱊⱋⱌⱍⱎⱏⱐⱑ' ||
      'ⱒⱓⱔⱕⱖⱗⱘⱙⱚⱛⱜⱝⱞⱟⱡɫᵽɽⱨⱪⱬɑɱɐɒⱳⱶȿɀⲁⲃⲅⲇⲉⲋⲍⲏⲑⲓⲕⲗⲙⲛⲝⲟⲡⲣⲥⲧⲩⲫⲭⲯⲱⲳⲵⲷⲹⲻⲽⲿⳁⳃⳅⳇⳉⳋⳍⳏⳑⳓⳕⳗⳙⳛⳝⳟⳡⳣⳬⳮⳳꙁꙃꙅꙇꙉꙋꙍꙏꙑꙓꙕꙗꙙꙛꙝꙟꙡꙣ' ||
      'ꙥꙧꙩꙫꙭꚁꚃꚅꚇꚉꚋꚍꚏꚑꚓꚕꚗꚙꚛꜣꜥꜧꜩꜫꜭꜯꜳꜵꜷꜹꜻꜽꜿꝁꝃꝅꝇꝉꝋꝍꝏꝑꝓꝕꝗꝙꝛꝝꝟꝡꝣꝥꝧꝩꝫꝭꝯꝺꝼᵹꝿꞁꞃꞅꞇꞌɥꞑꞓꞗꞙꞛꞝꞟꞡꞣꞥꞧꞩɦɜɡɬɪʞʇʝꭓꞵꞷꞹꞻꞽꞿꟁꟃꞔʂᶎꟈ' ||
      'ꟊɤꟍ꟏ꟑꟓꟕꟗꟙꟛƛꟶ𐐨𐐩𐐪𐐫𐐬𐐭𐐮𐐯𐐰𐐱𐐲𐐳𐐴𐐵𐐶𐐷𐐸𐐹𐐺𐐻𐐼𐐽𐐾𐐿𐑀𐑁𐑂𐑃𐑄𐑅𐑆𐑇𐑈𐑉𐑊𐑋𐑌𐑍𐑎𐑏𐓘𐓙𐓚𐓛𐓜𐓝𐓞𐓟𐓠𐓡𐓢𐓣𐓤𐓥𐓦𐓧𐓨𐓩𐓪𐓫𐓬𐓭𐓮𐓯𐓰𐓱𐓲𐓳𐓴𐓵𐓶𐓷𐓸𐓹𐓺𐓻𐖗𐖘𐖙𐖚𐖛𐖜𐖝𐖞𐖟𐖠𐖡𐖣' ||
      '𐖤𐖥𐖦𐖧𐖨𐖩𐖪𐖫𐖬𐖭𐖮𐖯𐖰𐖱𐖳𐖴𐖵𐖶𐖷𐖸𐖹𐖻𐖼𐳀𐳁𐳂𐳃𐳄𐳅𐳆𐳇𐳈𐳉𐳊𐳋𐳌𐳍𐳎𐳏𐳐𐳑𐳒𐳓𐳔𐳕𐳖𐳗𐳘𐳙𐳚𐳛𐳜𐳝𐳞𐳟𐳠𐳡𐳢𐳣𐳤𐳥𐳦𐳧𐳨𐳩𐳪𐳫𐳬𐳭𐳮𐳯𐳰𐳱𐳲𐵰𐵱𐵲𐵳𐵴𐵵𐵶𐵷𐵸𐵹𐵺𐵻𐵼𐵽𐵾𐵿𐶀𐶁𐶂𐶃𐶄𐶅𑣀𑣁𑣂𑣃' ||
      '𑣄𑣅𑣆𑣇𑣈𑣉𑣊𑣋𑣌𑣍𑣎𑣏𑣐𑣑𑣒𑣓𑣔𑣕𑣖𑣗𑣘𑣙𑣚𑣛𑣜𑣝𑣞𑣟𖹠𖹡𖹢𖹣𖹤𖹥𖹦𖹧𖹨𖹩𖹪𖹫𖹬𖹭𖹮𖹯𖹰𖹱𖹲𖹳𖹴𖹵𖹶𖹷𖹸𖹹𖹺𖹻𖹼𖹽𖹾𖹿𖺻𖺼𖺽𖺾𖺿𖻀𖻁𖻂𖻃𖻄𖻅𖻆𖻇𖻈𖻉𖻊𖻋𖻌𖻍𖻎𖻏𖻐𖻑𖻒𖻓𞤢𞤣𞤤𞤥𞤦𞤧𞤨𞤩𞤪𞤫𞤬𞤭𞤮𞤯𞤰' ||
      '𞤱𞤲𞤳𞤴𞤵𞤶𞤷𞤸𞤹𞤺𞤻𞤼𞤽𞤾𞤿𞥀𞥁𞥂𞥃');
  end if;
  -- What is no letter, digit or mark.
  tokens := normalize(regexp_replace(tokens, (E'[^\\u0030-\\u0039\\u0041-\\u005a\\u0061-\\u007a\\u00c6-\\u00d0\\u00d8-\\u00f0\\u00f8-\\u02c1' ||
      E'\\u02c6-\\u02d1\\u02ec\\u02ee\\u0370-\\u0373\\u0376-\\u03f3\\u03f7-\\u0481\\u048a-\\u0559' ||
      E'\\u0560-\\u0588\\u05d0-\\u05f2\\u0620-\\u063f\\u0641-\\u064a\\u0660-\\u0669\\u066e-\\u066f' ||
      E'\\u0671-\\u06d2\\u06d5\\u06e5-\\u06e6\\u06ee-\\u06fc\\u06ff\\u0710\\u0712-\\u072f\\u074d-\\u07f5' ||
      E'\\u07fa-\\u07fd\\u0800-\\u082d\\u0840-\\u085b\\u0860-\\u0887\\u0889-\\u088f\\u0897-\\u08e1' ||
      E'\\u08e3-\\u0963\\u0966-\\u096f\\u0971-\\u09f1\\u09f4-\\u09f9\\u09fc\\u09fe-\\u0a75\\u0a81-\\u0aef' ||
      E'\\u0af9-\\u0b6f\\u0b71-\\u0bf2\\u0c00-\\u0c6f\\u0c78-\\u0c7e\\u0c80-\\u0c83\\u0c85-\\u0d4e' ||
      E'\\u0d54-\\u0d78\\u0d7a-\\u0df3\\u0e01-\\u0e3a\\u0e40-\\u0e4e\\u0e50-\\u0e59\\u0e81-\\u0f00' ||
      E'\\u0f18-\\u0f19\\u0f20-\\u0f33\\u0f35\\u0f37\\u0f39\\u0f3e-\\u0f84\\u0f86-\\u0fbc\\u0fc6' ||
      E'\\u1000-\\u1049\\u1050-\\u109d\\u10a0-\\u10fa\\u10fd-\\u115e\\u1161-\\u135f\\u1369-\\u138f' ||
      E'\\u13a0-\\u13fd\\u1401-\\u166c\\u166f-\\u167f\\u1681-\\u169a\\u16a0-\\u16ea\\u16ee-\\u1734' ||
      E'\\u1740-\\u17b3\\u17b6-\\u17d3\\u17d7\\u17dc-\\u17f9\\u1810-\\u193b\\u1946-\\u19da\\u1a00-\\u1a1b' ||
      E'\\u1a20-\\u1a99\\u1aa7\\u1b00-\\u1b4c\\u1b50-\\u1b59\\u1b6b-\\u1b73\\u1b80-\\u1bf3\\u1c00-\\u1c37' ||
      E'\\u1c40-\\u1c7d\\u1c80-\\u1cbf\\u1cd0-\\u1cd2\\u1cd4-\\u1d9a\\u1e9c-\\u1eff\\u2132\\u214e' ||
      E'\\u2180-\\u2188\\u24eb-\\u24ff\\u2776-\\u2793\\u2c00-\\u2ce4\\u2ceb-\\u2cf3\\u2cfd\\u2d00-\\u2d67' ||
      E'\\u2d7f-\\u2dff\\u2e2f\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u303b-\\u303c\\u3041-\\u309d' ||
      E'\\u30a1-\\u30f6\\u30fc-\\u312f\\u31a0-\\u31bf\\u31f0-\\u324f\\u3400-\\u4dbf\\u4e00-\\ua48c' ||
      E'\\ua4d0-\\ua4fd\\ua500-\\ua60c\\ua610-\\ua672\\ua674-\\ua67d\\ua67f-\\ua6f1\\ua717-\\ua71f' ||
      E'\\ua722-\\ua788\\ua78b-\\ua827\\ua82c-\\ua835\\ua840-\\ua873\\ua880-\\ua8c5\\ua8d0-\\ua8f7\\ua8fb' ||
      E'\\ua8fd-\\ua92d\\ua930-\\ua953\\ua960-\\ua9c0\\ua9cf-\\ua9d9\\ua9e0-\\uaa59\\uaa60-\\uaa76' ||
      E'\\uaa7a-\\uaadd\\uaae0-\\uaaef\\uaaf2-\\uab5a\\uab60-\\uab68\\uab70-\\uabea\\uabec-\\ud7fb' ||
      E'\\ufa0e-\\ufb1e\\ufe73\\U00010000-\\U000100fa\\U00010107-\\U00010133\\U00010140-\\U00010178' ||
      E'\\U0001018a-\\U0001018b\\U000101fd-\\U0001039d\\U000103a0-\\U000103cf\\U000103d1-\\U00010563' ||
      E'\\U00010570-\\U00010855\\U00010858-\\U00010876\\U00010879-\\U0001091b\\U00010920-\\U00010939' ||
      E'\\U00010940-\\U00010a48\\U00010a60-\\U00010a7e\\U00010a80-\\U00010ac7\\U00010ac9-\\U00010aef' ||
      E'\\U00010b00-\\U00010b35\\U00010b40-\\U00010b91\\U00010ba9-\\U00010d6d\\U00010d6f-\\U00010d85' ||
      E'\\U00010e60-\\U00010eac\\U00010eb0-\\U00010ec7\\U00010efa-\\U00010f54\\U00010f70-\\U00010f85' ||
      E'\\U00010fb0-\\U00011046\\U00011052-\\U000110ba\\U000110c2\\U000110d0-\\U0001113f' ||
      E'\\U00011144-\\U00011173\\U00011176-\\U000111c4\\U000111c9-\\U000111cc\\U000111ce-\\U000111da' ||
      E'\\U000111dc\\U000111e1-\\U00011237\\U0001123e-\\U000112a8\\U000112b0-\\U000113d3' ||
      E'\\U000113e1-\\U0001144a\\U00011450-\\U00011459\\U0001145e-\\U000114c5\\U000114c7-\\U000115c0' ||
      E'\\U000115d8-\\U00011640\\U00011644-\\U00011659\\U00011680-\\U000116b8\\U000116c0-\\U0001173b' ||
      E'\\U00011740-\\U0001183a\\U000118a0-\\U00011943\\U00011950-\\U000119e1\\U000119e3-\\U00011a3e' ||
      E'\\U00011a47-\\U00011a99\\U00011a9d\\U00011ab0-\\U00011af8\\U00011b60-\\U00011be0' ||
      E'\\U00011bf0-\\U00011c40\\U00011c50-\\U00011c6c\\U00011c72-\\U00011ef6\\U00011f00-\\U00011f42' ||
      E'\\U00011f50-\\U00011fd4\\U00012000-\\U0001246e\\U00012480-\\U00012ff0\\U00013000-\\U0001342f' ||
      E'\\U00013440-\\U00016a69\\U00016a70-\\U00016af4\\U00016b00-\\U00016b36\\U00016b40-\\U00016b43' ||
      E'\\U00016b50-\\U00016d6c\\U00016d70-\\U00016e96\\U00016ea0-\\U00016fe1\\U00016fe3-\\U0001bc99' ||
      E'\\U0001bc9d-\\U0001bc9e\\U0001cf00-\\U0001cf46\\U0001d165-\\U0001d169\\U0001d16d-\\U0001d172' ||
      E'\\U0001d17b-\\U0001d182\\U0001d185-\\U0001d18b\\U0001d1aa-\\U0001d1ad\\U0001d242-\\U0001d244' ||
      E'\\U0001d2c0-\\U0001d2f3\\U0001d360-\\U0001d378\\U0001da00-\\U0001da36\\U0001da3b-\\U0001da6c' ||
      E'\\U0001da75\\U0001da84\\U0001da9b-\\U0001e14e\\U0001e290-\\U0001e2f9\\U0001e4d0-\\U0001e5fa' ||
      E'\\U0001e6c0-\\U0001e959\\U0001ec71-\\U0001ecab\\U0001ecad-\\U0001ecaf\\U0001ecb1-\\U0001ed2d' ||
      E'\\U0001ed2f-\\U0001ed3d\\U0001f10b-\\U0001f10c\\U00020000-\\U00033479]+') collate "C", ' ', 'g'), NFC);
  -- Each character of a script without spaces, with its marks.
  if tokens ~ (E'[\\u0e01-\\u0e30\\u0e32\\u0e40-\\u0e46\\u0e50-\\u0e59\\u0e81-\\u0eb0\\u0eb2\\u0ebd-\\u0ec6' ||
      E'\\u0ed0-\\u0edf\\u1000-\\u102a\\u103f-\\u1049\\u1050-\\u1055\\u105a-\\u105d\\u1061\\u1065-\\u1066' ||
      E'\\u106e-\\u1070\\u1075-\\u1081\\u108e\\u1090-\\u1099\\u1100-\\u115e\\u1780-\\u17b3\\u17d7\\u17dc' ||
      E'\\u17e0-\\u17f9\\u1950-\\u19da\\u1a20-\\u1a54\\u1a80-\\u1a99\\u1aa7\\u1b05-\\u1b33\\u1b45-\\u1b4c' ||
      E'\\u1b50-\\u1b59\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u303b-\\u303c\\u3041-\\u3096' ||
      E'\\u309d-\\u309e\\u30a1-\\u30fa\\u30fc-\\u312f\\u31a0-\\u31bf\\u31f0-\\u31ff\\u3400-\\u4dbf' ||
      E'\\u4e00-\\ua48c\\ua960-\\ua97c\\ua984-\\ua9b2\\ua9cf-\\ua9d9\\ua9e0-\\ua9e4\\ua9e6-\\ua9fe' ||
      E'\\uaa60-\\uaa76\\uaa7a\\uaa7e-\\uaaaf\\uaab1\\uaab5-\\uaab6\\uaab9-\\uaabd\\uaac0\\uaac2-\\uaadd' ||
      E'\\uac00-\\ud7a3\\ufa0e-\\ufa29\\U000116d0-\\U000116e3\\U00016fe0-\\U00016fe1\\U00016fe3' ||
      E'\\U00016ff2-\\U0001b2fb\\U0001d360-\\U0001d371\\U00020000-\\U00033479]') collate "C" then
    tokens := regexp_replace(regexp_replace(tokens, (E'([\\u0e01-\\u0e30\\u0e32\\u0e40-\\u0e46\\u0e50-\\u0e59\\u0e81-\\u0eb0\\u0eb2\\u0ebd-\\u0ec6' ||
      E'\\u0ed0-\\u0edf\\u1000-\\u102a\\u103f-\\u1049\\u1050-\\u1055\\u105a-\\u105d\\u1061\\u1065-\\u1066' ||
      E'\\u106e-\\u1070\\u1075-\\u1081\\u108e\\u1090-\\u1099\\u1100-\\u115e\\u1780-\\u17b3\\u17d7\\u17dc' ||
      E'\\u17e0-\\u17f9\\u1950-\\u19da\\u1a20-\\u1a54\\u1a80-\\u1a99\\u1aa7\\u1b05-\\u1b33\\u1b45-\\u1b4c' ||
      E'\\u1b50-\\u1b59\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u303b-\\u303c\\u3041-\\u3096' ||
      E'\\u309d-\\u309e\\u30a1-\\u30fa\\u30fc-\\u312f\\u31a0-\\u31bf\\u31f0-\\u31ff\\u3400-\\u4dbf' ||
      E'\\u4e00-\\ua48c\\ua960-\\ua97c\\ua984-\\ua9b2\\ua9cf-\\ua9d9\\ua9e0-\\ua9e4\\ua9e6-\\ua9fe' ||
      E'\\uaa60-\\uaa76\\uaa7a\\uaa7e-\\uaaaf\\uaab1\\uaab5-\\uaab6\\uaab9-\\uaabd\\uaac0\\uaac2-\\uaadd' ||
      E'\\uac00-\\ud7a3\\ufa0e-\\ufa29\\U000116d0-\\U000116e3\\U00016fe0-\\U00016fe1\\U00016fe3' ||
      E'\\U00016ff2-\\U0001b2fb\\U0001d360-\\U0001d371\\U00020000-\\U00033479][\\u0e31\\u0e34-\\u0e3a' ||
      E'\\u0e47-\\u0e4e\\u0eb1\\u0eb4-\\u0ebc\\u0ec8-\\u0ece\\u102b-\\u103e\\u1056-\\u1059\\u105e-\\u1060' ||
      E'\\u1062-\\u1064\\u1067-\\u106d\\u1071-\\u1074\\u1082-\\u108d\\u108f\\u109a-\\u109d\\u1160-\\u11ff' ||
      E'\\u17b6-\\u17d3\\u17dd\\u1a55-\\u1a7f\\u1b00-\\u1b04\\u1b34-\\u1b44\\u1b6b-\\u1b73\\u3099-\\u309a' ||
      E'\\ua980-\\ua983\\ua9b3-\\ua9c0\\ua9e5\\uaa7b-\\uaa7d\\uaab0\\uaab2-\\uaab4\\uaab7-\\uaab8' ||
      E'\\uaabe-\\uaabf\\uaac1\\ud7b0-\\ud7fb\\U00016fe4-\\U00016ff1]*)') collate "C", E' \\1 ', 'g'), ' +', ' ', 'g');
  end if;
  return rtrim(' ' || ltrim(tokens)) || ' ';
end $$;

-- What the index keeps of these tokens: each; the beginnings of longer words ("gar*"), because to look for all keys that
-- begin so reads those of all mailboxes; and pairs of characters of scripts without spaces ("東~京").
create function search_keys(tokens text) returns tsvector language plpgsql immutable strict parallel safe as $$
declare
  list text[] := string_to_array(btrim(tokens), ' ');
  keys text[];
begin
  select array_agg(left(t, 60))
         || array_agg(left(t, 3) || '*') filter (where length(t) > 3)
         || array_agg(left(t, 4) || '*') filter (where length(t) > 4)
         || array_agg(left(t, 6) || '*') filter (where length(t) > 6)
  into keys from unnest(list) t;
  if octet_length(tokens) > length(tokens) then
    -- From Thai on; that some words between them get pairs as well does no harm.
    keys := keys || array(
      select left(t || '~' || next, 60) from unnest(list, list[2:]) pairs (t, next)
      where t collate "C" >= 'ก' and next collate "C" >= 'ก');
  end if;
  return array_to_tsvector(coalesce(keys, '{}'));
end $$;

-- The windows of time and the names are as they were (0013).
create index messages_by_tokens on messages using gin
  (windows_of(owner_id, id), search_keys(tokens_of(body)), names_of(other_id, other_name))
  with (gin_pending_list_limit = 64);
drop index messages_by_time;
alter index messages_by_tokens rename to messages_by_time;

-- The extensions that 0004 made are no longer used; they stay, because something else in this database may use them.
drop text search configuration words;
