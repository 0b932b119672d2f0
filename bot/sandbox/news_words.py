"""The words of the invented news: sections, and the values that a slot of a sentence may take.

Data only. Every place, club, company and country here is invented, and no person is named.
"""

from collections.abc import Mapping

SECTIONS: Mapping[str, str] = {
    "politik": "Politik",
    "hukum": "Hukum",
    "bisnis": "Bisnis",
    "dunia": "Dunia",
    "nusantara": "Nusantara",
    "olahraga": "Olahraga",
    "tekno": "Tekno",
    "publika": "Publika",
}
"""Path segment of a section and its name for readers, in the order of the menu."""

NUMBERS: Mapping[str, tuple[int, int]] = {
    "persen": (3, 78),
    "miliar": (2, 940),
    "ribu": (12, 890),
    "jumlah": (11, 460),
    "desa": (4, 96),
    "hari": (3, 45),
    "derajat": (14, 21),
    "harga": (11, 48),
    "jarak": (5, 180),
    "gol": (1, 5),
    "mayoritas": (52, 97),
    "poin": (24, 71),
    "pekan": (3, 34),
    "generasi": (3, 9),
    "usia": (12, 19),
}
"""Slots that are whole numbers: lowest and highest, both included."""

WORDS: Mapping[str, tuple[str, ...]] = {
    "kota": (
        "Langgasari", "Tirtamaya", "Arunika", "Sendangwangi", "Bukit Selasih", "Teluk Cempaka", "Muara Jingga",
        "Wanasri", "Rawa Kencana", "Tanjung Melati", "Gunung Lawe", "Batu Nirmala", "Sungai Bening",
        "Pulau Seroja", "Lembah Purnama", "Kuala Pandan", "Ujung Mentari", "Padang Rinai", "Citralaya",
        "Jayanegari", "Samudrasari", "Bandar Lestari", "Karang Kemuning", "Telaga Nila",
    ),
    "pejabat": (
        "wali kota", "bupati", "ketua DPRD", "sekretaris daerah", "wakil wali kota", "wakil bupati",
        "kepala Bappeda", "ketua panitia anggaran",
    ),
    "musyawarah": (
        "rapat anggaran", "uji publik perda", "debat kandidat", "musyawarah rencana pembangunan",
        "pembahasan tata ruang", "seleksi komisioner", "dengar pendapat warga", "evaluasi seratus hari",
        "rapat paripurna", "pembahasan tarif air",
    ),
    "aturan": (
        "perda sampah plastik", "perda ruang hijau", "aturan parkir", "raperda pasar rakyat",
        "perda transportasi sungai", "aturan jam belajar", "perda kawasan tanpa rokok", "raperda cagar budaya",
        "aturan reklame", "perda air bersih", "raperda desa wisata", "aturan lahan sawah",
    ),
    "kelompok": (
        "warga bantaran", "petani muda", "nelayan", "pedagang pasar", "guru honorer", "pelaku UMKM",
        "komunitas sepeda", "karang taruna", "kelompok tani", "mahasiswa", "pengrajin batik", "sopir angkot",
    ),
    "pengamat": (
        "pengamat", "akademisi", "peneliti kebijakan", "pegiat pemilu", "guru besar tata negara",
        "lembaga survei", "koalisi warga", "forum pemuda",
    ),
    "sikap": (
        "perlu dikaji ulang", "jadi contoh daerah lain", "butuh pengawasan publik", "terlalu tergesa-gesa",
        "menjawab kebutuhan warga", "belum menyentuh desa", "harus transparan", "layak dilanjutkan",
    ),
    "perkara": (
        "perkara sengketa lahan parkir", "gugatan merek kopi", "kasus tiket konser palsu",
        "sengketa tapal batas desa", "perkara pupuk oplosan", "gugatan papan reklame", "kasus arisan daring",
        "perkara pencurian kabel", "sengketa hak cipta lagu daerah", "kasus suap izin tambak",
        "perkara penipuan umrah", "gugatan limbah tahu",
    ),
    "lembaga": (
        "pengadilan negeri", "kejaksaan negeri", "inspektorat", "ombudsman perwakilan", "polres",
        "pengadilan tata usaha", "satpol PP", "kantor pertanahan",
    ),
    "barang": (
        "kosmetik ilegal", "rokok tanpa cukai", "minyak goreng oplosan", "pakaian bekas impor",
        "kayu tanpa dokumen", "burung langka", "pupuk palsu", "gawai selundupan", "benih lobster",
        "beras kedaluwarsa",
    ),
    "usaha": (
        "koperasi susu", "pabrik rotan", "industri batik", "galangan kapal kayu", "startup logistik",
        "pengolah rumput laut", "produsen keramik", "petani kopi", "peternak ayam", "pengusaha tempe",
        "perajin perak", "bank desa",
    ),
    "perusahaan": (
        "Nusa Cahaya Lestari", "Rimba & Samudra", "Bina Karsa Pangan", "Sagara Energi Muda", "Kopi Tujuh Bukit",
        "Angin Timur Logistik", "Tenun & Tani", "Surya Atap Kita", "Bahari Jaya Sentosa", "Lumbung Digital",
    ),
    "komoditas": (
        "cabai rawit", "beras medium", "bawang merah", "telur ayam", "minyak goreng", "kedelai", "gula pasir",
        "daging sapi", "tomat", "kopi robusta", "kakao", "ikan tongkol",
    ),
    "musim": (
        "jelang Lebaran", "di awal musim hujan", "jelang akhir tahun", "usai panen raya", "sepanjang pekan ini",
        "jelang Natal dan Tahun Baru", "di musim kemarau", "sejak awal bulan",
    ),
    "negeri": (
        "Meridia", "Valdoria", "Kepulauan Solara", "Republik Tavania", "Norlandia", "Karsavia", "Teluk Amberin",
        "Federasi Ostara", "Zelmarin", "Pegunungan Arvel", "Lusivia", "Kesatuan Belmara",
    ),
    "urusan": (
        "perjanjian dagang", "jalur kereta lintas batas", "tarif kapal peti kemas", "kuota tangkap ikan",
        "pembagian air sungai", "visa pelajar", "kabel laut", "pasokan gandum", "jaringan listrik bersama",
        "penerbangan langsung", "riset kutub", "perlindungan terumbu karang",
    ),
    "kejadian": (
        "salju pertama", "gelombang panas", "festival lentera", "mogok kereta", "pemilu parlemen",
        "gerhana matahari", "kabut tebal", "pekan mode", "badai pasir", "panen anggur",
    ),
    "proyek": (
        "jembatan gantung", "pasar induk", "puskesmas apung", "jalan lingkar", "taman baca", "embung desa",
        "dermaga rakyat", "terminal bus", "sekolah terapung", "rumah potong hewan", "tanggul laut",
        "stasiun kereta", "kebun raya", "pusat kuliner",
    ),
    "acara": (
        "festival perahu naga", "pasar malam", "kirab budaya", "lomba panjat pinang", "pekan kuliner",
        "karnaval batik", "festival layang-layang", "gelar wayang semalam suntuk", "lomba dayung",
        "pameran anggrek", "festival durian", "pawai obor",
    ),
    "bencana": (
        "banjir rob", "angin puting beliung", "kebakaran lahan", "tanah longsor", "kekeringan",
        "luapan sungai", "gelombang tinggi", "abu vulkanik",
    ),
    "klub": (
        "Persela Purnama", "Elang Tirtamaya", "Laskar Cempaka", "Harimau Lawe", "Banteng Nirmala",
        "Badai Samudra FC", "Kancil Arunika", "Rajawali Citralaya", "Pelaut Seroja", "Gajah Kencana",
        "Bintang Selasih", "Macan Kemuning",
    ),
    "cabang": (
        "bulu tangkis", "bola voli", "panjat tebing", "sepak takraw", "angkat besi", "renang", "panahan",
        "dayung", "pencak silat", "tenis meja", "balap sepeda", "lari maraton",
    ),
    "laga": (
        "final piala daerah", "laga derbi", "semifinal liga", "laga pembuka musim", "partai tunda",
        "uji coba pramusim", "babak gugur", "laga kandang terakhir",
    ),
    "gawai": (
        "ponsel lipat", "laptop pelajar", "jam tangan pintar", "kacamata realitas maya", "drone pertanian",
        "mobil listrik mini", "printer tiga dimensi", "robot penyiram sawah", "kamera saku", "tablet gambar",
        "sepeda listrik", "satelit nano",
    ),
    "layanan": (
        "aplikasi peta angkot", "dompet digital daerah", "layanan e-KTP keliling", "jaringan 5G",
        "kelas daring gratis", "peta banjir langsung", "bank benih digital", "pasar tani daring",
        "telemedisin desa", "loket pajak daring", "perpustakaan digital", "kamera lalu lintas pintar",
    ),
    "ilmuwan": (
        "peneliti muda", "mahasiswa teknik", "siswa SMK", "tim riset kampus", "komunitas kode terbuka",
        "laboratorium pangan", "astronom amatir", "guru fisika",
    ),
    "renungan": (
        "sungai", "pasar", "bahasa ibu", "sawah", "warung kopi", "perpustakaan", "hutan kota", "halaman sekolah",
        "laut", "kereta malam", "gotong royong", "surat kabar", "tanah lapang", "hujan", "dapur", "trotoar",
    ),
    "nilai": (
        "ingatan", "harapan", "persaudaraan", "kejujuran", "kesabaran", "masa depan", "keadilan", "kegembiraan",
        "akal sehat", "kebersamaan", "rasa malu", "martabat", "kewarasan", "kepercayaan",
    ),
    "kerja": (
        "merawat", "membaca", "menjaga", "menata", "mendengar", "memulihkan", "menemukan", "menghidupkan",
        "menimbang", "menyapa", "memahami", "merayakan",
    ),
    "skor": ("1-0", "2-0", "2-1", "3-0", "3-1", "3-2", "4-1", "4-2"),
    "kapan": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
    "cuaca": ("☔", "🌧️", "⛅", "🌊"),
    "pesta": ("🎉", "🎆", "🥁", "🏮"),
    "semangat": ("⚽", "🏆", "🔥", "💪"),
    "roket": ("🚀", "🤖", "📱", "🛰️"),
}  # fmt: skip
"""Slots that are words; a trailing digit (`kota2`) asks for another value of the same list."""

REPORTERS: tuple[str, ...] = (
    "Tirta Laksanti", "Bayu Sendanu", "Nirmala Kesuma Wari", "Galang Rimbawan", "Sekar Daneswari",
    "Arga Wicitra", "Laras Puspaning", "Damar Jagatara", "Kinanti Saraswi", "Wira Samodra",
)  # fmt: skip
"""Invented bylines."""
