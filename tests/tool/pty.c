/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pty.c: run a command on a terminal of its own and answer its questions.
 *
 *     pty ANSWER... -- COMMAND [ARGUMENT]...
 *
 * Whenever the command's output ends in ": " the next ANSWER goes in, as a line; ^C as that key.
 * Prints all output, then "terminal: echo" or "terminal: no echo", as the command left it; the
 * exit status is the command's, 128 + N after signal N.
 */
#include "config.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PATIENCE_MS 10000

static int master;
static int keep; /* the other end, held open so that its settings outlive the command */

static int fail(const char *what)
{
    perror(what);
    exit(99);
}

static void open_terminal(void)
{
    const char *name;

    master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0 || !(name = ptsname(master)))
        fail("pty");
    keep = open(name, O_RDWR | O_NOCTTY);
    if (keep < 0)
        fail("pty");
}

static pid_t start(char **command)
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    close(master);
    setsid();
    if (ioctl(keep, TIOCSCTTY, 0) < 0)
        fail("TIOCSCTTY");
    for (int fd = 0; fd < 3; fd++)
        dup2(keep, fd);
    if (keep > 2)
        close(keep);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

static void answer(const char *text)
{
    char line[256];

    if (strcmp(text, "^C") == 0)
        snprintf(line, sizeof line, "\003");
    else
        snprintf(line, sizeof line, "%s\n", text);
    if (write(master, line, strlen(line)) < 0)
        fail("write");
}

/* Its output, our answers, until it ends; its wait status. */
static int converse(pid_t pid, char **answers)
{
    struct pollfd p = { master, POLLIN, 0 };
    char out[16384];
    size_t n = 0, asked = 0;
    int status, waited = 0;

    while (waited < PATIENCE_MS) {
        bool over = waitpid(pid, &status, WNOHANG) == pid;

        waited += 20;
        while (poll(&p, 1, 20) > 0 && n < sizeof out) {
            ssize_t got = read(master, out + n, sizeof out - n);

            if (got <= 0)
                break;
            n += (size_t)got;
        }
        if (over) {
            fwrite(out, 1, n, stdout);
            return status;
        }
        if (n >= asked + 2 && memcmp(out + n - 2, ": ", 2) == 0 && *answers) {
            asked = n;
            answer(*answers++);
        }
    }
    kill(pid, SIGKILL);
    fwrite(out, 1, n, stdout);
    puts("\npty: it takes too long");
    exit(98);
}

int main(int argc, char **argv)
{
    int dashes = 1, status;
    struct termios t;

    while (dashes < argc && strcmp(argv[dashes], "--") != 0)
        dashes++;
    if (dashes + 1 >= argc)
        return 2;
    argv[dashes] = NULL;
    open_terminal();
    status = converse(start(argv + dashes + 1), argv + 1);
    if (tcgetattr(keep, &t) < 0)
        fail("tcgetattr");
    printf("terminal: %s\n", t.c_lflag & ECHO ? "echo" : "no echo");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
