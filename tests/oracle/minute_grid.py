"""The slow, obvious way to find free times: look at every minute of every resource, one start after the other."""

from myotome.science.booking.free import FreeTime
from myotome.vocabulary.scheduling import TICK_SECONDS


def free_times_by_minutes(question, practitioners, rooms, retained=None):
    """Every start that fits, found by asking each minute; no bits, no intervals."""
    minutes_in_tick = TICK_SECONDS // 60

    def works(diary, minute):
        second = minute * 60
        return any(i.start <= second and second + 60 <= i.end for i in diary.working)

    def is_free(diary, minute):
        return works(diary, minute) and minute // minutes_in_tick not in set(diary.taken)

    def needed(who):
        offset, spans = 0, []
        for phase in question.phases:
            if getattr(phase, who):
                spans.append([offset, offset + phase.minutes])
            offset += phase.minutes
        if spans:
            spans[-1][1] += question.buffer_ticks * minutes_in_tick
            if who == "room":
                spans[-1][1] += question.turnover_ticks * minutes_in_tick
        return [m for a, b in spans for m in range(a, b)]

    total = sum(phase.minutes for phase in question.phases)
    patient_taken = set(question.patient_taken)
    found = []
    for tick in range(question.first_tick, question.end_tick):
        if tick % question.step_ticks or (question.not_before_tick and tick < question.not_before_tick):
            continue
        start = tick * minutes_in_tick
        end_minute = question.end_tick * minutes_in_tick
        if start + total > end_minute:
            continue
        if any((start + m) // minutes_in_tick in patient_taken for m in range(total)):
            continue
        for number, diary in sorted(practitioners.items()):
            if not all(works(diary, start + m) for m in range(total)):
                continue
            mine = needed("practitioner")
            if any(start + m >= end_minute or not is_free(diary, start + m) for m in mine):
                continue
            limit = (retained or {}).get(number)
            if limit and limit.most_at_once is not None:
                offset, resting = 0, []
                for phase in question.phases:
                    if phase.room and not phase.practitioner:
                        resting += range(offset, offset + phase.minutes)
                    offset += phase.minutes
                crowded = any(
                    sum(a <= (start + m) // minutes_in_tick < b for a, b in limit.stretches) >= limit.most_at_once
                    for m in resting
                )
                if crowded:
                    continue
            room_minutes = needed("room")
            if not room_minutes:
                found.append(FreeTime(tick, number, None))
                continue
            for room, diary_of_room in sorted(rooms.items()):
                if all(start + m < end_minute and is_free(diary_of_room, start + m) for m in room_minutes):
                    found.append(FreeTime(tick, number, room))
                    break
    return sorted(found)
