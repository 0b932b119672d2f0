"""What the desk is told, in words: one line a trouble, one when it is over, in Indonesian or English."""

from __future__ import annotations

from collections.abc import Mapping

_WORDS: Mapping[str, tuple[str, str]] = {
    "channel": (
        (
            "⚠️ Kanal {channel} menolak bot: {detail}. Kiriman ke kanal ini ditahan, kanal lain tetap jalan. "
            "Jadikan bot admin dengan hak mengirim pesan; yang tertunda akan menyusul."
        ),
        (
            "⚠️ Channel {channel} refuses the bot: {detail}. Its posts wait, other channels go on. "
            "Make the bot an administrator that may post messages; what it missed will follow."
        ),
    ),
    "channel_over": (
        "✅ Kanal {channel} menerima kiriman lagi.",
        "✅ Channel {channel} takes posts again.",
    ),
    "feed": (
        "⚠️ Feed {feed} gagal dibaca lebih dari 10 menit: {detail}.",
        "⚠️ Feed {feed} could not be read for over 10 minutes: {detail}.",
    ),
    "feed_over": ("✅ Feed {feed} terbaca lagi.", "✅ Feed {feed} can be read again."),
    "feed_gone": (
        "⚠️ Feed {feed} sudah tidak ada (410 Gone) dan tidak dibaca lagi. Periksa FEED_URL.",
        "⚠️ Feed {feed} is gone for good (410) and is not read any more. Check FEED_URL.",
    ),
    "feed_gone_over": ("✅ Feed {feed} terbaca lagi.", "✅ Feed {feed} can be read again."),
    "quiet": (
        (
            "⚠️ Feed {feed}: sudah {silence} jam tidak ada berita baru; pada jam ini biasanya paling lama {usual} jam. "
            "Apakah portal masih terbit?"
        ),
        (
            "⚠️ Feed {feed}: nothing new for {silence} h; at this time of day it is usually {usual} h at most. "
            "Is the portal still publishing?"
        ),
    ),
    "quiet_over": ("✅ Feed {feed} memuat berita baru lagi.", "✅ Feed {feed} brings news again."),
    "page": (
        "⚠️ Alamat feed {feed} kini menjawab dengan halaman HTML, bukan feed. Daftar di halaman itu yang dibaca.",
        "⚠️ The address of feed {feed} answers with an HTML page now, not a feed. The page's list is read instead.",
    ),
    "page_over": (
        "✅ Alamat {feed} menjawab dengan feed lagi.",
        "✅ The address {feed} answers with a feed again.",
    ),
    "stale": (
        "⚠️ Feed {feed} tertahan di cache: jawabannya sudah berumur {age} jam. Berita baru akan terlambat.",
        "⚠️ Feed {feed} is stuck in a cache: its answers are {age} h old. News will be late.",
    ),
    "stale_over": ("✅ Feed {feed} segar lagi.", "✅ Feed {feed} is fresh again."),
    "clock": (
        "⚠️ Jam feed {feed} salah: berita baru bertanggal {ahead} jam di masa depan. Kiriman memakai jam terbaca.",
        "⚠️ The clock of feed {feed} is off: news is dated {ahead} h in the future. Posts show when it was seen.",
    ),
    "clock_over": ("✅ Jam feed {feed} benar lagi.", "✅ The clock of feed {feed} is right again."),
    "missed": (
        (
            "⚠️ Feed {feed}: tidak satu pun dari {count} beritanya kami kenal, jadi mungkin ada yang terlewat. "
            "{others} feed lain dari portal ini dibaca sekarang."
        ),
        (
            "⚠️ Feed {feed}: none of its {count} headlines was known, so some may have been missed. "
            "{others} other feeds of this portal are read now."
        ),
    ),
    "taken_down": (
        (
            "⚠️ Portal menurunkan berita yang sudah tersiar (halamannya menjawab {answer}): {title}. "
            "Bot tidak menariknya sendiri; untuk menariknya: /tarik {link} alasan"
        ),
        (
            "⚠️ The portal has taken down a story that was posted (its page answers {answer}): {title}. "
            "The bot withdraws nothing by itself; to withdraw it: /tarik {link} reason"
        ),
    ),
    "taken_down_over": (
        "✅ Portal memuat lagi berita yang tadinya diturunkan: {title} {link}",
        "✅ The portal has put back a story that it had taken down: {title} {link}",
    ),
    "updates": (
        "⚠️ Pembaruan dari Telegram tidak bisa diambil: {detail}. Kiriman ke kanal tetap jalan.",
        "⚠️ Updates cannot be had from Telegram: {detail}. Posts go on.",
    ),
    "updates_over": ("✅ Pembaruan dari Telegram datang lagi.", "✅ Updates from Telegram come again."),
    "failed": (
        "⚠️ Satu berita tidak dapat dikirim ke {channel} dan dilewati: {detail}. Lihat: kabarbot explain.",
        "⚠️ One headline could not be posted to {channel} and was passed by: {detail}. See kabarbot explain.",
    ),
    "order_refused": (
        "⚠️ Perintah redaksi tidak dapat diterapkan di {channel}: {detail}. Ubah kirimannya dengan tangan: {title}",
        "⚠️ What an editor ordered cannot be done in {channel}: {detail}. Change the post by hand: {title}",
    ),
    "plainer": (
        "ℹ️ Telegram menolak bentuk satu kiriman ke {channel} ({detail}); dikirim dalam bentuk lebih sederhana.",
        "ℹ️ Telegram refused the form of one post to {channel} ({detail}); it goes out in a plainer one.",
    ),
    "resent": (
        "ℹ️ Satu kiriman ke {channel} ternyata tidak sampai dan dikirim ulang.",
        "ℹ️ One post to {channel} had not arrived and is sent again.",
    ),
    "twin_deleted": (
        "ℹ️ Satu kiriman kembar di {channel} dihapus: pesan {ids}.",
        "ℹ️ One twin in {channel} was deleted: message {ids}.",
    ),
    "twin_left": (
        "⚠️ Mungkin ada kiriman kembar di {channel}: pesan {ids}. Karena tidak pasti, bot tidak menghapusnya.",
        "⚠️ There may be a twin in {channel}: message {ids}. It is not certain, so the bot left it.",
    ),
    "surge": (
        "⚠️ Feed {feed} tiba-tiba memuat {count} berita baru; {held} kiriman ditahan.",
        "⚠️ Feed {feed} suddenly brought {count} new headlines; {held} posts are held.",
    ),
    "copy": (
        (
            "⚠️ Database ini tampaknya salinan: bukan yang terakhir ditulis bot, atau kanal memuat kiriman yang tidak dikenalnya. Semua kiriman ditahan. "
            "Terbitkan: database ini benar, yang tertunda dikirim. Lewati: salinan lama, yang tertunda sudah tersiar."
        ),
        (
            "⚠️ This database seems to be a copy: not the one the bot last wrote to, or a channel holds posts it does not know. Posts are held. "
            "Publish: it is the right one, what waits goes out. Pass over: an old copy, what waits was posted already."
        ),
    ),
    "hold": (
        "ℹ️ Menunggu redaksi untuk {channel}: {title} {link}",
        "ℹ️ Waits for an editor, for {channel}: {title} {link}",
    ),
    "flapping": (
        "ℹ️ Judul ini bolak-balik antara dua versi di portal: {title}",
        "ℹ️ This headline goes back and forth between two wordings: {title}",
    ),
    "by_desk": (
        "ℹ️ Portal mengubah judul yang sudah disunting redaksi; suntingan redaksi tetap dipakai: {title}",
        "ℹ️ The portal changed a headline that the desk had edited; the desk's words stay: {title}",
    ),
    "template": (
        "⚠️ Templat sebuah kanal tidak bisa dipakai, kirimannya memakai bentuk biasa: {detail}.",
        "⚠️ A channel's template cannot be used, its posts go out in the usual form: {detail}.",
    ),
    "set_aside": (
        "⚠️ Pembaruan {update} tiga kali gagal diproses dan disisihkan.",
        "⚠️ Update {update} failed three times and was set aside.",
    ),
}


def alert(kind: str, values: Mapping[str, str], language: str) -> str:
    """The line of `kind` in `language` (``id`` or ``en``). Raises `KeyError` for a kind that is not listed."""
    indonesian, english = _WORDS[kind]
    return (english if language == "en" else indonesian).format(**values)


def kinds() -> frozenset[str]:
    """Every kind there is."""
    return frozenset(_WORDS)
