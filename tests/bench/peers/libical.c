/* The work of tests/bench/peers by libical: overrides are looked up by hand, because its expansion ignores them. */

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SHORTEST 3600

struct times { time_t (*at)[2]; size_t count, room; };
struct override { const char *uid; time_t replaces; };
struct search { struct times *found; struct override *overrides; size_t count; const char *uid; time_t start, end; };

static void add(struct times *times, time_t start, time_t end)
{
    if (times->count == times->room) {
        times->room = times->room ? 2 * times->room : 1024;
        times->at = realloc(times->at, times->room * sizeof *times->at);
    }
    times->at[times->count][0] = start;
    times->at[times->count++][1] = end;
}

static char *read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (!file) exit(1);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(size + 1);
    if (fread(text, 1, size, file) != size) exit(1);
    text[size] = 0;
    fclose(file);
    return text;
}

static int by_uid(const void *first, const void *second)
{
    const struct override *a = first, *b = second;
    int order = strcmp(a->uid, b->uid);
    return order ? order : (a->replaces > b->replaces) - (a->replaces < b->replaces);
}

static int by_start(const void *first, const void *second)
{
    const time_t *a = first, *b = second;
    return (a[0] > b[0]) - (a[0] < b[0]);
}

static time_t recurrence_id(icalcomponent *event)
{
    icalproperty *property = icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY);
    struct icaltimetype time = icalproperty_get_datetime_with_component(property, event);
    return icaltime_as_timet_with_zone(time, time.zone);
}

static int leaves_free(icalcomponent *event)
{
    icalproperty *transp = icalcomponent_get_first_property(event, ICAL_TRANSP_PROPERTY);
    return icalcomponent_get_status(event) == ICAL_STATUS_CANCELLED
        || (transp && icalproperty_get_transp(transp) == ICAL_TRANSP_TRANSPARENT);
}

static void take(icalcomponent *event, struct icaltime_span *span, void *data)
{
    struct search *search = data;
    struct override key = {search->uid, span->start};
    (void)event;
    if (span->start >= search->end || span->end <= search->start) return;
    if (search->count && bsearch(&key, search->overrides, search->count, sizeof key, by_uid)) return;
    add(search->found, span->start > search->start ? span->start : search->start,
        span->end < search->end ? span->end : search->end);
}

static int is_override(icalcomponent *event)
{
    return icalcomponent_get_first_property(event, ICAL_RECURRENCEID_PROPERTY) != NULL;
}

static void collect_overrides(icalcomponent *calendar, struct search *search)
{
    size_t room = 0;
    for (icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); event;
         event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        if (!is_override(event)) continue;
        if (search->count == room) {
            room = room ? 2 * room : 64;
            search->overrides = realloc(search->overrides, room * sizeof *search->overrides);
        }
        search->overrides[search->count++] = (struct override){icalcomponent_get_uid(event), recurrence_id(event)};
    }
    if (search->count) qsort(search->overrides, search->count, sizeof *search->overrides, by_uid);
}

static void read_calendar(const char *name, time_t start, time_t end, struct times *found)
{
    char *text = read_file(name);
    icalcomponent *calendar = icalparser_parse_string(text);
    struct search search = {found, NULL, 0, "", start, end};
    collect_overrides(calendar, &search);
    size_t count = search.count;
    struct icaltimetype first = icaltime_from_timet_with_zone(start, 0, icaltimezone_get_utc_timezone());
    struct icaltimetype last = icaltime_from_timet_with_zone(end, 0, icaltimezone_get_utc_timezone());
    for (icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT); event;
         event = icalcomponent_get_next_component(calendar, ICAL_VEVENT_COMPONENT)) {
        if (leaves_free(event)) continue;
        search.uid = icalcomponent_get_uid(event);
        search.count = is_override(event) ? 0 : count;
        icalcomponent_foreach_recurrence(event, first, last, take, &search);
    }
    free(search.overrides);
    icalcomponent_free(calendar);
    free(text);
}

static size_t merge(struct times *times)
{
    size_t kept = 0;
    qsort(times->at, times->count, sizeof *times->at, by_start);
    for (size_t i = 0; i < times->count; i++) {
        if (kept && times->at[i][0] <= times->at[kept - 1][1]) {
            if (times->at[i][1] > times->at[kept - 1][1]) times->at[kept - 1][1] = times->at[i][1];
        } else {
            memcpy(times->at[kept++], times->at[i], sizeof *times->at);
        }
    }
    return times->count = kept;
}

static void find_gaps(char *windows, const struct times *busy, struct times *gaps)
{
    for (char *text = strtok(windows, ","); text; text = strtok(NULL, ",")) {
        char *dash;
        time_t start = strtol(text, &dash, 10), last = strtol(dash + 1, NULL, 10);
        for (size_t i = 0; i <= busy->count; i++) {
            time_t first = i < busy->count ? busy->at[i][0] : last, end = i < busy->count ? busy->at[i][1] : last;
            if (i < busy->count && end <= start) continue;
            time_t stop = first < last ? first : last;
            if (stop - start >= SHORTEST) add(gaps, start, stop);
            if (first >= last) break;
            if (end > start) start = end;
        }
    }
}

static void print(const char *name, const struct times *times)
{
    printf(", \"%s\": [", name);
    for (size_t i = 0; i < times->count; i++)
        printf("%s[%ld, %ld]", i ? ", " : "", (long)times->at[i][0], (long)times->at[i][1]);
    printf("]");
}

int main(int count, char **words)
{
    if (count != 6) return 1;
    struct times busy = {0}, gaps = {0};
    time_t start = strtol(words[3], NULL, 10), end = strtol(words[4], NULL, 10);
    clock_t begun = clock();
    read_calendar(words[1], start, end, &busy);
    read_calendar(words[2], start, end, &busy);
    merge(&busy);
    find_gaps(words[5], &busy, &gaps);
    printf("{\"cpu_s\": %f", (double)(clock() - begun) / CLOCKS_PER_SEC);
    print("busy", &busy);
    print("gaps", &gaps);
    printf("}\n");
    return 0;
}
