/* SPDX-License-Identifier: Apache-2.0 */
/* test-trace.c: what a line holds, that nobody can forge one, and where lines go. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <sys/wait.h>

#include "core/test-tree.h"
#include "core/trace.h"

static char last[16384];
static int lines;

static void keep(const char *line, void *arg)
{
    (void)arg;
    snprintf(last, sizeof last, "%s", line);
    lines++;
}

static int listen_here(void **state)
{
    (void)state;
    *last = '\0';
    lines = 0;
    trace_set_sink(keep, NULL);
    return 0;
}

static int listen_no_more(void **state)
{
    (void)state;
    trace_set_sink(NULL, NULL);
    return 0;
}

static void a_refusal_gives_its_status_back_and_says_where_and_why(void **state)
{
    (void)state;
    assert_int_equal(trace_refuse(SEC_E_INVALID_TOKEN, "buffer %u", 7u), SEC_E_INVALID_TOKEN);
    assert_non_null(strstr(last, "core/test-trace.c:"));
    assert_non_null(strstr(last, "a_refusal_gives_its_status_back_and_says_where_and_why: "));
    assert_non_null(strstr(last, ": SEC_E_INVALID_TOKEN (0x80090308) buffer 7"));
}

static void a_line_begins_with_the_time_and_the_process(void **state)
{
    int year, month, day, hour, minute, second, micro;
    long pid, tid;
    struct tm tm = { 0 };

    (void)state;
    trace_say("hello");
    assert_int_equal(sscanf(last, "%d-%d-%dT%d:%d:%d.%dZ %ld/%ld ", &year, &month, &day, &hour,
                            &minute, &second, &micro, &pid, &tid),
                     9);
    assert_int_equal(pid, getpid());
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    tm.tm_hour = hour;
    tm.tm_min = minute;
    tm.tm_sec = second;
    assert_in_range(timegm(&tm), time(NULL) - 5, time(NULL) + 1);
}

static void a_note_has_no_status(void **state)
{
    (void)state;
    trace_say("package %s is chosen", "Good");
    assert_non_null(strstr(last, "package Good is chosen"));
    assert_null(strstr(last, "SEC_"));
    assert_null(strstr(last, "0x"));
}

static void nobody_forges_a_line(void **state)
{
    (void)state;
    (void)trace_refuse(SEC_E_INVALID_TOKEN, "name '%s'",
                       "x\n2026-01-01T00:00:00.000000Z 1/1 forged\r\033[2J\x7f\\n\xc2\x9b");
    assert_null(strpbrk(last, "\n\r\033\x7f"));
    assert_null(strstr(last, "\xc2\x9b"));
    assert_non_null(strstr(last, "'x\\n2026-01-01"));
    assert_non_null(strstr(last, "\\r\\x1b[2J\\x7f\\\\n\\xc2\\x9b'"));
}

static void text_that_is_utf8_stays_readable(void **state)
{
    (void)state;
    trace_say("%s", "Stra\xc3\x9f"
                    "e \xe2\x82\xac \xf0\x9f\x98\x80 \"q\"");
    assert_non_null(strstr(last, "Stra\xc3\x9f"
                                 "e \xe2\x82\xac \xf0\x9f\x98\x80 \"q\""));
}

static void text_that_is_no_utf8_is_escaped(void **state)
{
    (void)state;
    trace_say("%s", "\xff \xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x82");
    assert_non_null(
        strstr(last, "\\xff \\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xe2\\x82"));
}

static void a_long_text_is_cut(void **state)
{
    char *huge = malloc(100000);

    (void)state;
    assert_non_null(huge);
    memset(huge, '\n', 99999);
    huge[99999] = '\0';
    trace_say("%s", huge);
    assert_in_range(strlen(last), 2000, 4000);
    free(huge);
}

static void errno_is_left_alone(void **state)
{
    (void)state;
    errno = EXDEV;
    (void)trace_refuse(SEC_E_INTERNAL_ERROR, "because %m");
    assert_int_equal(errno, EXDEV);
    assert_non_null(strstr(last, strerror(EXDEV)));
}

static void a_sink_that_traces_does_not_hear_itself(void **state);

static void chatty(const char *line, void *arg)
{
    (void)line, (void)arg;
    lines++;
    trace_say("from inside");
}

static void a_sink_that_traces_does_not_hear_itself(void **state)
{
    (void)state;
    trace_set_sink(chatty, NULL);
    trace_say("once");
    assert_int_equal(lines, 1);
}

static void note_text(SECURITY_STATUS status, const char *text, void *arg)
{
    snprintf(arg, 64, "%d %s", (int)status, text);
}

static void *say_elsewhere(void *arg)
{
    trace_say("not for you");
    return arg;
}

static void an_ear_hears_its_own_thread_only(void **state)
{
    char heard[64] = "";
    pthread_t other;

    (void)state;
    trace_set_sink(NULL, NULL);
    trace_hear(note_text, heard);
    assert_true(trace_on());
    assert_int_equal(pthread_create(&other, NULL, say_elsewhere, NULL), 0);
    pthread_join(other, NULL);
    assert_string_equal(heard, "");
    trace_say("for %s", "you");
    assert_string_equal(heard, "0 for you");
    trace_hear(NULL, NULL);
    trace_say("too late");
    assert_string_equal(heard, "0 for you");
}

/* --- files ----------------------------------------------------------------------------------- */

static char *slurp(const char *path)
{
    static char bytes[65536];
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(bytes, 1, sizeof bytes - 1, f) : 0;

    if (f)
        fclose(f);
    bytes[n] = '\0';
    return bytes;
}

static void lines_go_to_a_file_that_only_we_read(void **state)
{
    struct tree *t = *state;
    const char *path = tree_path(t, "trace");
    struct stat st;

    trace_open(path);
    trace_say("one");
    trace_say("two");
    trace_open(NULL);
    trace_say("three");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_non_null(strstr(slurp(path), ": one\n"));
    assert_non_null(strstr(slurp(path), ": two\n"));
    assert_null(strstr(slurp(path), "three"));
}

static void json_lines_are_json(void **state)
{
    struct tree *t = *state;
    char where[PATH_MAX + 8];
    json_t *line;

    snprintf(where, sizeof where, "json:%s", tree_path(t, "trace"));
    trace_open(where);
    (void)trace_refuse(SEC_E_LOGON_DENIED, "user \"%s\"", "a\"b\\\n\x01\xff\xc3\xa4");
    trace_open(NULL);
    line = json_loads(slurp(t->path), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(line);
    assert_string_equal(json_string_value(json_object_get(line, "status")), "SEC_E_LOGON_DENIED");
    assert_string_equal(json_string_value(json_object_get(line, "code")), "0x8009030c");
    assert_string_equal(json_string_value(json_object_get(line, "text")),
                        "user \"a\"b\\\n\x01\xef\xbf\xbd\xc3\xa4\"");
    assert_int_equal(json_integer_value(json_object_get(line, "pid")), getpid());
    assert_string_equal(json_string_value(json_object_get(line, "file")), "core/test-trace.c");
    json_decref(line);
}

static void the_longest_line_is_still_json(void **state)
{
    struct tree *t = *state;
    char where[PATH_MAX + 8], text[3000];
    json_t *line;

    memset(text, 1, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(where, sizeof where, "json:%s", tree_path(t, "trace"));
    trace_open(where);
    trace_say("%s", text);
    trace_open(NULL);
    line = json_loads(slurp(t->path), 0, NULL);
    assert_non_null(line);
    json_decref(line);
}

static void a_link_or_a_fifo_is_not_written_to(void **state)
{
    struct tree *t = *state;
    char target[PATH_MAX];

    snprintf(target, sizeof target, "%s", tree_write(t, "target", "kept"));
    assert_int_equal(symlink(target, tree_path(t, "link")), 0);
    trace_open(t->path);
    trace_say("one");
    assert_string_equal(slurp(target), "kept");
    assert_int_equal(mkfifo(tree_path(t, "fifo"), 0600), 0);
    trace_open(t->path);
    assert_false(trace_on());
    trace_open("relative/path");
    assert_false(trace_on());
    trace_open(NULL);
}

/* A daemon closes every descriptor, and opens something else under our number. */
static void a_descriptor_that_was_taken_from_us_is_not_written_to(void **state)
{
    struct tree *t = *state;
    char trace[PATH_MAX], other[PATH_MAX];
    int fd;

    snprintf(trace, sizeof trace, "%s", tree_path(t, "trace"));
    snprintf(other, sizeof other, "%s", tree_write(t, "other", ""));
    fd = dup(STDERR_FILENO); /* the next descriptor will be the trace's */
    assert_true(fd >= 0);
    close(fd);
    trace_open(trace);
    trace_say("one");
    close(fd);
    assert_int_equal(open(other, O_WRONLY), fd);
    trace_say("two");
    trace_open(NULL);
    assert_string_equal(slurp(other), "");
    assert_non_null(strstr(slurp(trace), ": two\n"));
    assert_int_equal(close(fd), 0);
}

/* In a fresh process: the environment chooses, and the manifest does not change it. */
static void the_environment_goes_before_the_manifest(void **state)
{
    struct tree *t = *state;
    char first[PATH_MAX], second[PATH_MAX];
    int status;
    pid_t child;

    snprintf(first, sizeof first, "%s", tree_path(t, "first"));
    snprintf(second, sizeof second, "%s", tree_path(t, "second"));
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("SSPI_TRACE", first, 1);
        setenv("SSP_TEST_TRACE_SECOND", second, 1);
        execl("/proc/self/exe", "test-trace", "child", (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_non_null(strstr(slurp(first), "from the child"));
    assert_string_equal(slurp(second), "");
}

static int child_main(void)
{
    if (!trace_on())
        return 1;
    trace_open(getenv("SSP_TEST_TRACE_SECOND"));
    trace_say("from the child");
    trace_open(NULL);
    return trace_on() ? 0 : 2;
}

static int make_tree(void **state)
{
    struct tree *t = calloc(1, sizeof *t);

    assert_non_null(t);
    tree_make(t);
    *state = t;
    return 0;
}

static int free_tree(void **state)
{
    tree_remove(*state);
    free(*state);
    return 0;
}

#define HEARD(test) cmocka_unit_test_setup_teardown(test, listen_here, listen_no_more)
#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, make_tree, free_tree)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        HEARD(a_refusal_gives_its_status_back_and_says_where_and_why),
        HEARD(a_line_begins_with_the_time_and_the_process),
        HEARD(a_note_has_no_status),
        HEARD(nobody_forges_a_line),
        HEARD(text_that_is_utf8_stays_readable),
        HEARD(text_that_is_no_utf8_is_escaped),
        HEARD(a_long_text_is_cut),
        HEARD(errno_is_left_alone),
        HEARD(a_sink_that_traces_does_not_hear_itself),
        HEARD(an_ear_hears_its_own_thread_only),
        IN_TREE(lines_go_to_a_file_that_only_we_read),
        IN_TREE(json_lines_are_json),
        IN_TREE(the_longest_line_is_still_json),
        IN_TREE(a_link_or_a_fifo_is_not_written_to),
        IN_TREE(a_descriptor_that_was_taken_from_us_is_not_written_to),
        IN_TREE(the_environment_goes_before_the_manifest),
    };

    if (argc > 1 && strcmp(argv[1], "child") == 0)
        return child_main();
    unsetenv("SSPI_TRACE");
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
