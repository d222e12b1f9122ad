"""Names for the comparison of our tables with published lists: other names, known conflicts, what we leave out and why."""

from __future__ import annotations

from collections.abc import Mapping

PARTS: Mapping[str, tuple[str, ...]] = {
    "trapezius_middle": ("trapezius",),
    "trapezius_lower": ("trapezius",),
    "pectoralis_major_clavicular": ("pectoralis major (clavicular)", "pectoralis major"),
    "pectoralis_major_sternocostal": ("pectoralis major (sternocostal)", "pectoralis major"),
    "flexor_digitorum_profundus_radial": ("flexor digitorum profundus",),
    "flexor_digitorum_profundus_ulnar": ("flexor digitorum profundus",),
    "flexor_pollicis_brevis_superficial": ("flexor pollicis brevis",),
    "flexor_pollicis_brevis_deep": ("flexor pollicis brevis",),
    "lumbricals_manus_radial": ("lumbricals manus",),
    "lumbricals_manus_ulnar": ("lumbricals manus",),
    "lumbricals_pedis_first": ("lumbricals pedis",),
    "lumbricals_pedis_lateral": ("lumbricals pedis",),
    "adductor_magnus_adductor": ("adductor magnus",),
    "adductor_magnus_hamstring": ("adductor magnus",),
    "biceps_femoris_long_head": ("biceps femoris (long head)", "biceps femoris"),
    "biceps_femoris_short_head": ("biceps femoris (short head)", "biceps femoris"),
    "digastric_anterior": ("digastric",),
    "digastric_posterior": ("digastric",),
    "subcostales": ("subcostalis",),
    "psoas_major": ("psoas major", "iliopsoas"),
    "iliacus": ("iliacus", "iliopsoas"),
    "obliquus_capitis_inferior": ("obliquus capitis inferior", "suboccipital group"),
    "rectus_capitis_posterior_major": ("rectus capitis posterior major", "suboccipital group"),
    "rectus_capitis_posterior_minor": ("rectus capitis posterior minor", "suboccipital group"),
    "sternohyoid": ("sternohyoid", "infrahyoid group"),
    "sternothyroid": ("sternothyroid", "infrahyoid group"),
    "levator_labii_superioris": ("levator labii superioris", "levator labii superioris alaeque nasi"),
    "levator_ani": (
        "levator ani",
        "levator ani-pubo-coccygeus",
        "levator ani-puborectalis",
        "levator ani-pubovaginalis",
    ),
    "anconeus": ("anconeus", "articularis cubiti"),
}
"""Rows whose name differs from the lists', or that are part of what a list names whole."""

CONFLICTS = [
    "flexor_hallucis_longus",
    "flexor_digitorum_longus",
    "extensor_hallucis_brevis",
    "plantaris",
    "abductor_hallucis",
    "flexor_digitorum_brevis",
    "flexor_pollicis_longus",
    "flexor_carpi_ulnaris",
    "splenius_capitis",
    "supraspinatus",
    "teres_major",
    "rhomboid_major",
    "rhomboid_minor",
    "trapezius",
    "extensor_hallucis_longus",
    "scalenus_medius",
    "biceps_brachii",
    "popliteus",
    "extensor_digitorum_brevis",
]
"""Real conflicts between lists: two citations and a note each."""

LEFT_OUT: Mapping[str, str] = {
    **dict.fromkeys(
        [
            "inferior oblique",
            "inferior rectus",
            "lateral rectus",
            "medial rectus",
            "superior oblique",
            "superior rectus",
            "levator palpebrae superioris",
        ],
        "muscle of the eye, never needled",
    ),
    **dict.fromkeys(
        [
            "aryepiglotticus",
            "cricothyroid",
            "lateral cricoarytenoid",
            "oblique arytenoid",
            "posterior cricoarytenoid",
            "thyroarytenoid",
            "thyroepiglotticus",
            "transverse arytenoid",
        ],
        "muscle of the larynx, never needled",
    ),
    **dict.fromkeys(
        [
            "constrictor pharyngis inferior",
            "constrictor pharyngis middle",
            "constrictor pharyngis superior",
            "constrictor of pharynx inferior",
            "constrictor of pharynx middle",
            "constrictor of pharynx superior",
            "levator veli palatini",
            "musculus uvulae",
            "palatoglossus",
            "palatopharyngeus",
            "salpingopharyngeus",
            "stylopharyngeus",
            "tensor veli palatini",
        ],
        "muscle of pharynx or palate, never needled",
    ),
    **dict.fromkeys(
        ["genioglossus", "hyoglossus", "intrinsic muscle of tongue", "styloglossus"],
        "muscle of the tongue, never needled",
    ),
    **dict.fromkeys(["stapedius", "tensor tympani"], "muscle of the ear, out of reach"),
    **dict.fromkeys(
        [
            "bulbospongiosus",
            "deep transverse perinei",
            "ischiocavernosus",
            "sphincter ani",
            "sphincter urethrae",
            "superficial transverse perinei",
        ],
        "perineal muscle, outside this clinic's examination",
    ),
    **dict.fromkeys(["cremaster", "dartos"], "muscle of the scrotum, never needled"),
}
"""Muscles of the lists that we leave out, each with its reason."""

NERVE_WORDS: Mapping[str, tuple[str, ...]] = {
    "accessory": ("accessory",),
    "facial": ("facial", "incisivus"),
    "v3": ("v3", "(v)", "mylohyoid", "mandibular nerve", "pterygoid", "alveolar"),
    "median": ("median", "anterior interosseous"),
    "ulnar": ("ulnar",),
    "radial": ("radial", "posterior interosseous"),
    "fibular": ("fibular", "peroneal"),
    "tibial": ("tibial", "sciatic"),
    "plantar": ("plantar",),
    "ventral": ("ventral", "anterior primary", "cervical spinal", "cervical plexus", "third and fourth cervical"),
    "dorsal": ("dorsal rami", "dorsal ramus", "posterior primary"),
    "suboccipital": ("suboccipital", "sub-occipital"),
    "thoracic wall": ("intercostal", "thoracoabdominal", "thoraco-abdominal", "anterior primary rami (t", "subcostal"),
    "c1": ("c1 fib", "c1 with"),
    "femoral": ("femoral",),
    "quadratus femoris": ("quadratus fem",),
    "pectoral": ("pectoral",),
}
"""Families of nerve names; beside these any shared word such as obturator, axillary, phrenic counts."""

PLAIN_NERVES = [
    "obturator",
    "axillary",
    "phrenic",
    "musculocutaneous",
    "subscapular",
    "suprascapular",
    "thoracodorsal",
    "gluteal",
    "pudendal",
    "ansa",
    "hypoglossal",
    "subclavius",
    "piriformis",
    "scapular",
    "iliohypogastric",
    "thoracic",
]

HAZARD_CODES: Mapping[str, tuple[str, ...]] = {
    "lung_pneumothorax": ("pleura",),
    "liver": ("liver_spleen",),
    "spleen": ("liver_spleen",),
    "spinal_cord_medulla": ("canal", "medulla"),
    "needling_forbidden_or_disputed": ("traditional_caution",),
    "moxa_forbidden_or_disputed": ("moxa_caution",),
}
"""Our codes for the lists' flags; a flag that is not named here has our code of the same name."""
