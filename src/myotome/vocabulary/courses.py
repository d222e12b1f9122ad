"""The course of care: how it starts, how it may end, how bad news and good news are named."""

from __future__ import annotations

from enum import StrEnum


class CourseOutcome(StrEnum):
    """How a course ended."""

    RECOVERED = "recovered"
    PLATEAUED = "plateaued"
    REFERRED = "referred"
    LEFT = "left"


class RedFlagLevel(StrEnum):
    """What a safety answer does to booking."""

    EMERGENCY = "emergency"
    CALL_FIRST = "call_first"
    TELL = "tell"
    NONE = "none"


class SafetyAnswer(StrEnum):
    """Answer to one safety question; "not sure" is never "no"."""

    YES = "yes"
    NOT_SURE = "not_sure"
    NO = "no"
    NOT_ASKED = "not_asked"


class CautionLevel(StrEnum):
    """STOP: no needle. ASK: a reason first. NOTE: keep in mind."""

    STOP = "stop"
    ASK = "ask"
    NOTE = "note"


class Role(StrEnum):
    """What a person does in one clinic; one person may hold several."""

    RECEPTIONIST = "receptionist"
    PRACTITIONER = "practitioner"
    OWNER = "owner"
    PATIENT = "patient"
    STEWARD = "steward"


class AdverseKind(StrEnum):
    """Adverse events after needling (taxonomy after Carnes 2010 and the York survey)."""

    BLEEDING = "bleeding"
    HAEMATOMA = "haematoma"
    PAIN_DURING = "pain_during"
    PAIN_AFTER = "pain_after"
    AGGRAVATION = "aggravation"
    FAINT = "faint"
    DROWSY = "drowsy"
    HEADACHE = "headache"
    NAUSEA = "nausea"
    EMOTION = "emotion"
    NERVE_SYMPTOM = "nerve_symptom"
    NEEDLE_FAULT = "needle_fault"
    FORGOTTEN_NEEDLE = "forgotten_needle"
    WRONG_SITE = "wrong_site"
    INFECTION = "infection"
    BREATHLESS = "breathless"
    PNEUMOTHORAX = "pneumothorax"
    ORGAN_INJURY = "organ_injury"
    BURN = "burn"
    SKIN_REACTION = "skin_reaction"
    SEIZURE = "seizure"
    SHARPS_INJURY = "sharps_injury"
    NEAR_MISS = "near_miss"
    OTHER = "other"


class AdverseGrade(StrEnum):
    """Severity after Carnes 2010."""

    MILD = "mild"
    MODERATE = "moderate"
    MAJOR = "major"


class Seriousness(StrEnum):
    """Why an event is serious (the criteria of ICH E2A); no value is "not serious"."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITAL = "hospital"
    LASTING_DISABILITY = "lasting_disability"
    NEEDED_TREATMENT = "needed_treatment"


class Relatedness(StrEnum):
    """How far the event comes from the needles, as the practitioner judges it."""

    UNRELATED = "unrelated"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    CERTAIN = "certain"


class Lasted(StrEnum):
    """How long an adverse event lasted, from its beginning until it was gone (hours against days or weeks: Carnes 2010)."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"
    LONGER = "longer"


class Urgency(StrEnum):
    """What an answer a day after the needles asks for: the emergency number now, a doctor or the clinic today, or nothing."""

    EMERGENCY = "emergency"
    TODAY = "today"
    NONE = "none"


class HowNow(StrEnum):
    """How an adverse event stands when it is followed up."""

    GONE = "gone"
    BETTER = "better"
    SAME = "same"
    WORSE = "worse"
    NOT_REACHED = "not_reached"
