/* SPDX-License-Identifier: Apache-2.0 */
/* password.c: passwords from a terminal, a file or standard input. */
#include "config.h"

#include "tools/password.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tools/say.h"

void password_wipe(struct password *p)
{
    explicit_bzero(p, sizeof *p);
}

enum line { LINE_READ, LINE_FAILED, LINE_TOO_LONG, LINE_INTERRUPTED };

/* One line, byte by byte: nothing beyond it is taken, and no buffer of stdio's keeps a copy. */
static enum line read_line(int fd, struct password *out)
{
    bool long_line = false;
    char c;

    out->len = 0;
    for (;;) {
        ssize_t n = read(fd, &c, 1);

        if (n < 0)
            return errno == EINTR ? LINE_INTERRUPTED : LINE_FAILED;
        if (n == 0 || c == '\n')
            break;
        if (out->len == PASSWORD_ROOM)
            long_line = true;
        else
            out->bytes[out->len++] = c;
    }
    c = 0;
    out->bytes[out->len] = '\0';
    return long_line ? LINE_TOO_LONG : LINE_READ;
}

static bool accept_line(enum line how, const char *from, const struct password *p)
{
    if (how == LINE_TOO_LONG)
        say("the password from %s is longer than %d bytes", from, PASSWORD_ROOM);
    else if (how != LINE_READ)
        say("cannot read the password from %s: %s", from, strerror(errno));
    else if (p->len == 0)
        say("the password from %s is empty", from);
    else if (memchr(p->bytes, '\0', p->len))
        say("the password from %s holds a NUL byte", from);
    else
        return true;
    return false;
}

bool password_from_file(const char *path, struct password *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    bool good;

    if (fd < 0) {
        say("cannot open %s: %s", path, strerror(errno));
        return false;
    }
    good = accept_line(read_line(fd, out), path, out);
    close(fd);
    return good;
}

bool password_from_stdin(struct password *out)
{
    return accept_line(read_line(STDIN_FILENO, out), "standard input", out);
}

/* ---- the terminal ---- */

static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };

#define N_CAUGHT (sizeof caught / sizeof caught[0])

static volatile sig_atomic_t arrived;

static void note_signal(int number)
{
    arrived = number;
}

static void put_text(int fd, const char *text)
{
    ssize_t ignored = write(fd, text, strlen(text));

    (void)ignored;
}

/* Ask once.  However it ends, the terminal and the signals are as they were. */
static enum line ask(int tty, const char *prompt, struct password *out)
{
    struct sigaction note = { .sa_handler = note_signal }, old[N_CAUGHT];
    struct termios before, quiet;
    enum line how = LINE_FAILED;

    arrived = 0;
    sigemptyset(&note.sa_mask);
    for (size_t i = 0; i < N_CAUGHT; i++)
        sigaction(caught[i], &note, &old[i]);
    if (tcgetattr(tty, &before) == 0) {
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
        if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0) {
            put_text(tty, prompt);
            how = read_line(tty, out);
            tcsetattr(tty, TCSAFLUSH, &before);
            put_text(tty, "\n");
        } else if (errno == EINTR) {
            how = LINE_INTERRUPTED;
        }
    }
    for (size_t i = 0; i < N_CAUGHT; i++)
        sigaction(caught[i], &old[i], NULL);
    return how;
}

/* A signal that came while we asked takes its effect now; after a stop we ask again. */
static enum line ask_until_answered(int tty, const char *prompt, struct password *out)
{
    enum line how;

    do {
        how = ask(tty, prompt, out);
        if (arrived) {
            password_wipe(out);
            raise((int)arrived);
        }
    } while (how == LINE_INTERRUPTED);
    return how;
}

static bool ask_again(int tty, const struct password *first)
{
    PASSWORD_AUTO second = { 0 };

    if (ask_until_answered(tty, "Again: ", &second) == LINE_READ && second.len == first->len &&
        memcmp(second.bytes, first->bytes, first->len) == 0)
        return true;
    say("the two passwords differ");
    return false;
}

bool password_from_terminal(const char *prompt, bool twice, struct password *out)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    bool good;

    if (tty < 0) {
        say("there is no terminal to ask for the password; use --password-file");
        return false;
    }
    good = accept_line(ask_until_answered(tty, prompt, out), "the terminal", out);
    if (good && twice)
        good = ask_again(tty, out);
    close(tty);
    return good;
}
