"""The sentences of the invented news: kinds of stories by section, made up and harmless.

Data only, in sentence case; `bot.sandbox.news` fills the slots from `bot.sandbox.news_words` and sets headlines.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One kind of story: a headline and the lead that goes with it; a slot has one value in both."""

    title: str
    lead: str


PATTERNS: Mapping[str, tuple[Pattern, ...]] = {
    "politik": (
        Pattern(
            "{pejabat} {kota} minta {musyawarah} digelar terbuka, {jumlah} warga mendaftar",
            "{pejabat} {kota} meminta {musyawarah} digelar terbuka. Hingga {kapan}, {jumlah} warga sudah"
            " mendaftar untuk hadir.",
        ),
        Pattern(
            "DPRD {kota} sahkan {aturan}, {mayoritas} persen anggota setuju",
            "DPRD {kota} mengesahkan {aturan} dengan dukungan {mayoritas} persen suara setelah pembahasan {hari} hari.",
        ),
        Pattern(
            "{pengamat}: {aturan} di {kota} {sikap}",
            "{pengamat} menilai {aturan} yang disusun di {kota} {sikap}.",
        ),
        Pattern(
            "{kelompok} {kota} titip {jumlah} usulan untuk {musyawarah}",
            "{kelompok} dari {kota} menyerahkan {jumlah} usulan tertulis menjelang {musyawarah} yang dibuka {kapan}.",
        ),
        Pattern(
            "survei: {persen} persen warga {kota} dukung {aturan}",
            "sebuah jajak pendapat atas {jumlah} responden menunjukkan {persen} persen warga {kota} mendukung {aturan}.",
        ),
        Pattern(
            "“{aturan} {sikap},” kata {pejabat} {kota}",
            "{pejabat} {kota} menanggapi pertanyaan wartawan seputar {aturan} pada {kapan} pagi.",
        ),
        Pattern(
            "partisipasi pemilih muda <{persen} persen, KPU {kota} gandeng {kelompok}",
            "partisipasi pemilih muda di {kota} masih di bawah {persen} persen. KPU setempat menggandeng {kelompok}.",
        ),
        Pattern(
            "{pejabat} {kota} & {kota2} sepakat bahas {aturan} bersama",
            "{pejabat} dari {kota} dan {kota2} bertemu {kapan} untuk menyelaraskan {aturan}.",
        ),
    ),
    "hukum": (
        Pattern(
            "{lembaga} {kota} gelar sidang perdana {perkara}, {jumlah} saksi dipanggil",
            "{lembaga} {kota} membuka sidang perdana {perkara} pada {kapan}. Sebanyak {jumlah} saksi akan didengar.",
        ),
        Pattern(
            "{perkara} di {kota} berakhir damai setelah {hari} hari mediasi",
            "{perkara} yang ditangani di {kota} berakhir damai. Kedua pihak menandatangani kesepakatan setelah"
            " {hari} hari mediasi.",
        ),
        Pattern(
            "petugas gabungan sita {jumlah} dus {barang} di {kota}",
            "petugas gabungan menyita {jumlah} dus {barang} dari sebuah gudang di {kota} pada {kapan} malam.",
        ),
        Pattern(
            "{lembaga} {kota} buka posko aduan {perkara}",
            "{lembaga} {kota} membuka posko aduan selama {hari} hari bagi warga yang dirugikan {perkara}.",
        ),
        Pattern(
            "hakim tolak eksepsi, {perkara} di {kota} lanjut ke pembuktian",
            "majelis hakim menolak seluruh keberatan. {perkara} di {kota} berlanjut ke pembuktian {kapan} pekan depan.",
        ),
        Pattern(
            "kerugian Rp{miliar} miliar, {perkara} di {kota} naik ke penyidikan",
            "{perkara} di {kota} dengan taksiran kerugian Rp{miliar} miliar kini masuk tahap penyidikan.",
        ),
        Pattern(
            'saksi {perkara} di {kota}: "saya baru tahu dari {kelompok}"',
            "seorang saksi {perkara} memberi keterangan selama dua jam di {kota}, {kapan} siang.",
        ),
        Pattern(
            "{lembaga} {kota} musnahkan {barang} senilai Rp{miliar} miliar",
            "{lembaga} {kota} memusnahkan {barang} senilai Rp{miliar} miliar di hadapan warga.",
        ),
    ),
    "bisnis": (
        Pattern(
            "harga {komoditas} di {kota} naik {persen} persen {musim}",
            "harga {komoditas} di pasar {kota} naik {persen} persen {musim}. Pemerintah daerah menyiapkan operasi pasar.",
        ),
        Pattern(
            "{usaha} {kota} ekspor perdana {jumlah} ton ke {negeri}",
            "{usaha} dari {kota} melepas ekspor perdana {jumlah} ton ke {negeri} pada {kapan}.",
        ),
        Pattern(
            "{perusahaan} bangun gudang Rp{miliar} miliar di {kota}",
            "{perusahaan} memulai pembangunan gudang senilai Rp{miliar} miliar di {kota} dan membuka {jumlah} lowongan.",
        ),
        Pattern(
            "omzet {usaha} {kota} tembus Rp{miliar} miliar {musim}",
            "omzet {usaha} di {kota} menembus Rp{miliar} miliar {musim}, tertinggi dalam lima tahun.",
        ),
        Pattern(
            "harga {komoditas} <Rp{harga}.000 sekilo, {kelompok} {kota} minta subsidi",
            "{kelompok} di {kota} meminta subsidi karena harga {komoditas} bertahan di bawah Rp{harga}.000 per kilogram.",
        ),
        Pattern(
            "{perusahaan} & {usaha} {kota} teken kontrak {ribu} ribu ton",
            "{perusahaan} dan {usaha} asal {kota} meneken kontrak pasokan {ribu} ribu ton untuk satu tahun.",
        ),
        Pattern(
            "stok {komoditas} di {kota} cukup untuk {hari} hari",
            "dinas perdagangan {kota} memastikan stok {komoditas} cukup untuk {hari} hari ke depan.",
        ),
        Pattern(
            "bunga pinjaman turun, {usaha} di {kota} tambah {jumlah} pekerja",
            "turunnya bunga pinjaman mendorong {usaha} di {kota} menambah {jumlah} pekerja baru.",
        ),
    ),
    "dunia": (
        Pattern(
            "{negeri} dan {negeri2} sepakati {urusan} setelah {hari} hari berunding",
            "{negeri} dan {negeri2} menyepakati {urusan} setelah {hari} hari perundingan yang alot.",
        ),
        Pattern(
            "{kejadian} di {negeri} tunda {jumlah} penerbangan",
            "{kejadian} di {negeri} menunda {jumlah} penerbangan sejak {kapan} pagi. Tidak ada korban.",
        ),
        Pattern(
            "parlemen {negeri} bahas {urusan}, {persen} persen anggota mendukung",
            "parlemen {negeri} membahas {urusan}. Dukungan sementara mencapai {persen} persen anggota.",
        ),
        Pattern(
            "{jumlah} mahasiswa Indonesia ikut riset {urusan} di {negeri}",
            "sebanyak {jumlah} mahasiswa Indonesia bergabung dalam riset {urusan} di {negeri}.",
        ),
        Pattern(
            "{negeri} desak {negeri2} buka lagi pembicaraan {urusan}",
            "{negeri} mendesak {negeri2} membuka kembali pembicaraan tentang {urusan} yang terhenti {hari} hari.",
        ),
        Pattern(
            "“{kejadian} kali ini berbeda,” kata wali kota di {negeri}",
            "{kejadian} di {negeri} menarik {ribu} ribu pengunjung, {persen} persen lebih banyak dari tahun lalu.",
        ),
        Pattern(
            "suhu <{derajat} derajat, {kejadian} di {negeri} tetap digelar",
            "suhu di bawah {derajat} derajat tidak menghalangi {kejadian} di {negeri} pada {kapan}.",
        ),
        Pattern(
            "bantuan {jumlah} ton dari {negeri} tiba untuk warga {negeri2}",
            "kapal bantuan dari {negeri} membawa {jumlah} ton bahan pangan untuk warga {negeri2}.",
        ),
    ),
    "nusantara": (
        Pattern(
            "{proyek} di {kota} rampung {hari} hari lebih cepat",
            "pembangunan {proyek} di {kota} rampung {hari} hari lebih cepat dari jadwal.",
        ),
        Pattern(
            "{acara} {kota} sedot {ribu} ribu pengunjung {pesta}",
            "{acara} di {kota} dihadiri {ribu} ribu pengunjung sejak dibuka {kapan} malam.",
        ),
        Pattern(
            "{bencana} landa {desa} desa di {kota}, {kelompok} buka dapur umum",
            "{bencana} melanda {desa} desa di {kota}. {kelompok} membuka dapur umum; tidak ada korban jiwa.",
        ),
        Pattern(
            "{kelompok} {kota} tanam {ribu} ribu bibit bakau",
            "{kelompok} di {kota} menanam {ribu} ribu bibit bakau di pesisir pada {kapan} pagi.",
        ),
        Pattern(
            "waspada {bencana}, {desa} desa di {kota} siaga {cuaca}",
            "sebanyak {desa} desa di {kota} bersiaga menghadapi {bencana}. Warga diminta mengikuti arahan petugas.",
        ),
        Pattern(
            "{proyek} {kota} telan Rp{miliar} miliar, dibuka {kapan}",
            "{proyek} di {kota} senilai Rp{miliar} miliar dibuka untuk umum pada {kapan}.",
        ),
        Pattern(
            "{desa} desa di {kota} kini punya {proyek}",
            "sebanyak {desa} desa di {kota} kini memiliki {proyek} yang dibangun dengan dana gotong royong.",
        ),
        Pattern(
            "{acara} & {acara2} meriahkan ulang tahun ke-{jumlah} {kota}",
            "{acara} dan {acara2} memeriahkan ulang tahun ke-{jumlah} {kota} sepanjang pekan.",
        ),
    ),
    "olahraga": (
        Pattern(
            "{klub} tundukkan {klub2} {skor} di {laga} {semangat}",
            "{klub} menundukkan {klub2} dengan skor {skor} pada {laga} yang disaksikan {ribu} ribu penonton.",
        ),
        Pattern(
            "{klub} puncaki klasemen pekan ke-{pekan} dengan {poin} poin",
            "{klub} memuncaki klasemen pekan ke-{pekan} dengan {poin} poin setelah menang di {laga}.",
        ),
        Pattern(
            "atlet {cabang} {kota} bidik {gol} emas di {negeri}",
            "tim {cabang} asal {kota} membidik {gol} medali emas pada kejuaraan di {negeri}.",
        ),
        Pattern(
            "pelatih {klub} puas meski timnya ditahan {klub2} {gol}-{gol}",
            "pelatih {klub} mengaku puas walau timnya ditahan {klub2} {gol}-{gol} pada {laga}.",
        ),
        Pattern(
            "tiket {laga} {klub} ludes dalam {hari} menit",
            "tiket {laga} antara {klub} dan {klub2} habis dalam {hari} menit setelah dijual {kapan} pagi.",
        ),
        Pattern(
            "remaja {usia} tahun asal {kota} pecahkan rekor {cabang}",
            "seorang atlet berusia {usia} tahun dari {kota} memecahkan rekor daerah cabang {cabang}.",
        ),
        Pattern(
            'kapten {klub}: "lawan {klub2} selalu istimewa"',
            "kapten {klub} menyebut pertemuan dengan {klub2} di {laga} selalu istimewa.",
        ),
        Pattern(
            "{kota} jadi tuan rumah kejuaraan {cabang}, {jumlah} atlet ambil bagian",
            "{kota} menjadi tuan rumah kejuaraan {cabang} yang diikuti {jumlah} atlet dari {desa} daerah.",
        ),
    ),
    "tekno": (
        Pattern(
            "{ilmuwan} {kota} ciptakan {gawai} seharga Rp{harga} juta",
            "{ilmuwan} asal {kota} menciptakan {gawai} dengan biaya Rp{harga} juta dan membuka rancangannya untuk umum.",
        ),
        Pattern(
            "{layanan} hadir di {kota}, {ribu} ribu warga mendaftar {roket}",
            "{layanan} resmi hadir di {kota}. Dalam {hari} hari, {ribu} ribu warga mendaftar.",
        ),
        Pattern(
            "{perusahaan} luncurkan {gawai} generasi ke-{generasi}, baterai tahan {hari} jam",
            "{perusahaan} meluncurkan {gawai} generasi ke-{generasi} dengan baterai yang tahan {hari} jam.",
        ),
        Pattern(
            "{layanan} {kota} pulih setelah {hari} menit gangguan",
            "{layanan} di {kota} pulih setelah {hari} menit gangguan pada {kapan} siang.",
        ),
        Pattern(
            "riset & inovasi: {ilmuwan} {kota} uji {gawai} sejauh {jarak} km",
            "{ilmuwan} dari {kota} menguji {gawai} sejauh {jarak} kilometer tanpa kendala.",
        ),
        Pattern(
            "{persen} persen sekolah di {kota} pakai {layanan}",
            "sebanyak {persen} persen sekolah di {kota} sudah memakai {layanan} sejak awal semester.",
        ),
        Pattern(
            "latensi <{hari} milidetik, {layanan} diuji di {kota}",
            "uji coba {layanan} di {kota} mencatat latensi di bawah {hari} milidetik.",
        ),
        Pattern(
            "{ilmuwan} {kota} juara lomba {gawai} di {negeri}",
            "{ilmuwan} dari {kota} menjuarai lomba {gawai} di {negeri}, mengungguli {jumlah} peserta.",
        ),
    ),
    "publika": (
        Pattern(
            "{kerja} {renungan}, {kerja2} {nilai}",
            "dari {renungan} kita belajar {kerja2} {nilai}, pelan-pelan dan bersama-sama.",
        ),
        Pattern(
            "{nilai} yang tumbuh dari {renungan} {kota}",
            "di {kota}, {renungan} menjadi tempat {nilai} tumbuh tanpa banyak pidato.",
        ),
        Pattern(
            "apa kabar {renungan} kita? catatan {kapan} dari {kota}",
            "sebuah catatan pendek tentang {renungan}, {nilai}, dan hari {kapan} di {kota}.",
        ),
        Pattern(
            "{renungan} & {nilai}",
            "hubungan antara {renungan} dan {nilai} lebih dekat daripada yang kita kira.",
        ),
        Pattern(
            "{hari} hari tanpa {renungan}: pelajaran tentang {nilai}",
            "setelah {hari} hari jauh dari {renungan}, penulis pulang membawa pelajaran tentang {nilai}.",
        ),
        Pattern(
            "surat untuk {kelompok} {kota}: {kerja} {nilai}",
            "sepucuk surat terbuka untuk {kelompok} di {kota} yang setia {kerja} {nilai}.",
        ),
        Pattern(
            "{kerja} {nilai} di {kota}, {kerja2} {renungan} di {kota2}",
            "dua kota, {kota} dan {kota2}, punya cara sendiri untuk {kerja} {nilai}.",
        ),
    ),
}
"""The kinds of stories of each section."""

PARAGRAPHS: tuple[str, ...] = (
    "“Kami mendengar lebih dulu, baru memutuskan,” ujar seorang juru bicara yang ditemui pada {kapan}.",
    "Menurut catatan panitia, sedikitnya {jumlah} orang terlibat sejak persiapan dimulai {hari} hari lalu.",
    "Seorang warga yang ditemui di lokasi mengaku senang. “Semoga tidak berhenti di sini,” katanya.",
    "Hingga berita ini diturunkan, pihak terkait masih menyiapkan keterangan tertulis.",
    "Tahap berikutnya dijadwalkan pada {kapan} pekan depan dan terbuka untuk umum.",
    "Angka itu naik {persen} persen dibandingkan periode yang sama tahun lalu.",
    "Perwakilan {kelompok} berharap hasilnya dapat dirasakan sebelum akhir tahun.",
    "Kegiatan serupa sedang disiapkan di {kota3} dengan melibatkan {kelompok}.",
)
"""Sentences that any story may go on with."""
