"""
The passwords of twelve characters and more that are guessed first, from the top of the published
lists of stolen passwords (SecLists, `10-million-password-list-top-1000000`). Shorter ones are
refused anyway.
"""

from __future__ import annotations

_WORDS = """
012345678901 098765432109 123456789012
123123123123 1234512345123 123456123456 1234567890123 123456789abc 123456789012345
1234qwerasdf 1234qwerasdfzxcv 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1q2w3e4r5t6y7u8i 1qaz2wsx3edc
1qaz2wsx3edc4rfv 1qazxsw23edc aa123456789a abc123456789 abcd12345678 abcdefg12345
administrator administrator1 adminadminadmin asdfghjkl123 asdfghjklzxc asdfghjklqwe
changemechangeme changeme1234 correcthorsebatterystaple football1234 iloveyou1234 iloveyou12345
iloveyouforever letmein123456 letmeinletmein liverpool1234 manchester123 masterpassword
monkey123456 mypassword123 mypassword1234 newsletter123 newsletter1234 newsletterpassword
nopassword123 p@ssw0rd1234 p@ssword1234 passw0rd1234 password12345 password123456 password1234
password12345678 password123! password1234! password2024 password2025 password2026
passwordpassword princess1234 q1w2e3r4t5y6 qazwsxedcrfv qazwsxedc123 qwer1234asdf qwerasdfzxcv
qwerty123456 qwerty1234567 qwerty12345678 qwerty123456789 qwertyqwerty qwertyuiop12
qwertyuiop123 qwertyuiop1234 qwertyuiop[] qwertyuiopasdf qwertyuiopasdfghjkl secretpassword
sunshine1234 superman1234 temporary123 thisismypassword trustno1trustno1 unbelievable
welcome123456 welcome12345 welcomewelcome whateverwhatever zaq12wsxcde3 zxcvbnm12345
zxcvbnmasdfg zxcvbnmasdfghjkl
"""
COMMON = frozenset(_WORDS.split())
