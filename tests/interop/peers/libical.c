/* The facts that tests/interop/readers.py asks for, by libical. */

#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>

static char *read_file(const char *name)
{
    FILE *file = fopen(name, "rb");
    if (!file) exit(1);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    rewind(file);
    char *text = malloc(size + 1);
    if (!text || fread(text, 1, size, file) != size) exit(1);
    text[size] = 0;
    fclose(file);
    return text;
}

static void print_text(const char *name, const char *text)
{
    printf(", \"%s\": ", name);
    if (!text) {
        printf("null");
        return;
    }
    putchar('"');
    for (const unsigned char *each = (const unsigned char *)text; *each; each++) {
        if (*each < ' ' || *each == '"' || *each == '\\') printf("\\u%04x", *each);
        else putchar(*each);
    }
    putchar('"');
}

static long long seconds(struct icaltimetype time)
{
    return (long long)icaltime_as_timet_with_zone(time, time.zone);
}

int main(int count, char **words)
{
    if (count != 2) return 1;
    icalcomponent *calendar = icalparser_parse_string(read_file(words[1]));
    icalcomponent *event = icalcomponent_get_first_component(calendar, ICAL_VEVENT_COMPONENT);
    if (!event || icalcomponent_count_errors(calendar)) return 1;
    icalproperty *attendee = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY);
    icalproperty_method method = icalcomponent_get_method(calendar);
    const char *description = icalcomponent_get_description(event);
    printf("{\"sequence\": %d, \"start\": %lld, \"end\": %lld", icalcomponent_get_sequence(event),
           seconds(icalcomponent_get_dtstart(event)), seconds(icalcomponent_get_dtend(event)));
    print_text("method", method == ICAL_METHOD_NONE ? NULL : icalproperty_method_to_string(method));
    print_text("uid", icalcomponent_get_uid(event));
    print_text("status", icalproperty_status_to_string(icalcomponent_get_status(event)));
    print_text("title", icalcomponent_get_summary(event));
    print_text("description", description ? description : "");
    print_text("partstat", attendee ? icalproperty_get_parameter_as_string(attendee, "PARTSTAT") : NULL);
    print_text("attendee", attendee ? icalproperty_get_parameter_as_string(attendee, "CN") : NULL);
    printf("}\n");
    return 0;
}
