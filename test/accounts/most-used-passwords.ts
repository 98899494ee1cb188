// The most used passwords of 2025, of eight characters or more: NordPass, "Top 200 Most Common Passwords", as listed in
// SecLists (Passwords/Common-Credentials/2025-199_most_used_passwords.txt).
export const mostUsedPasswords = `
12345678 password 1234567890 123456789 Aa123456 Pass@123 admin123 12345678910 P@ssw0rd Password Aa@123456 admintelecom
Admin@123 abcd1234 qwerty123 Abcd@1234 Pass@1234 11223344 admin@123 87654321 987654321 123123123 1q2w3e4r Aa112233
12341234 qwertyuiop 11111111 Password@123 Aboy1234 Admin123 Demo@123 1q2w3e4r5t admin1234 aa123456 asdf1234 Abcd1234
guru123456 Welcome@123 Password1 123456789a Kapler123 administrator 1122334455 Test@123 qwer1234 asdfghjkl Global123@
10203040 1234qwer India@123 Abcd@123 1qaz2wsx 88888888 12345678a Aa123123 12344321 123456aA@ 1234abcd admin123456
12121212 abc12345 Abc@1234 admin12345 Qwerty123 12345678900 Aa123456789 1111111111 12345678901 q1w2e3r4 password123
Heslo1234 22446688 Abc12345 vodafone bismillah a123456789 Password123 user1234 1234567891 1234512345 adminisp 1234567899
P@$$w0rd Aa12345678 Passw0rd adminadmin qwerty12345 gvt12345 minecraft abcd@1234 pakistan Welcome1 theworldinyourhand
aabb1122 Asdf1234 a1b2c3d4 password1 Abc@12345 Aa102030 Pass@12345 Aa@12345 111111111 p@ssw0rd lol123456 147258369
123456Aa Aa@1234567 Admin@1234 1234554321 12qwaszx a12345678 aa112233 qwer4321 a1234567 Qwerty@123 12345679 Ab123456
Aa@123456789 Abcd1234@ 123qweasd Admin1234 pakistan123 A123456a qwerty1234 1234567a abc123456 turktelekom test1234
999999999 123456788 contraseña 1qazxsw2 Password@1 qwerty123456 11112222 aaaa1111 q1w2e3r4t5 aa123123 azerty123 Aa1234567
changeme 12345678@ P@55w0rd asd12345 zxcvbnm123 123admin`
  .trim()
  .split(/\s+/);
