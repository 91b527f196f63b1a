/* SPDX-License-Identifier: Apache-2.0 */
/* main.c: which command is meant, and whether what it printed got out. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <sspi/sspix.h>

#include "tools/say.h"
#include "tools/tool.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    { "list", list_main, "the security packages there are, and what they can do" },
    { "check", check_main, "look for faults in the configuration" },
    { "user", user_main, "the accounts that a package keeps by itself" },
    { "serve", serve_main, "wait for an authenticated connection; carry data over it" },
    { "connect", connect_main, "make an authenticated connection; carry data over it" },
    { "decode", decode_main, "tell what is in a token" },
    { "status", status_main, "tell what a status code means" },
};

#define N_COMMANDS (sizeof commands / sizeof commands[0])

static void put_help(FILE *to)
{
    fputs("Usage: sspi COMMAND [OPTION]... [ARGUMENT]...\n"
          "       sspi COMMAND --help\n"
          "       sspi --version\n"
          "\n"
          "Try out and look after the security packages of this system.\n"
          "\n",
          to);
    for (size_t i = 0; i < N_COMMANDS; i++)
        fprintf(to, "  %-8s  %s\n", commands[i].name, commands[i].summary);
    fputs("\n"
          "Exit status: 0 done, 1 refused or failed, 2 wrong usage.  The manual: sspi(1).\n",
          to);
}

static int run(const struct command *command, int argc, char **argv)
{
    static char name[32];

    snprintf(name, sizeof name, "sspi %s", command->name);
    say_as(name);
    argv[0] = name; /* getopt says it before its own complaints */
    return command->run(argc, argv);
}

static int choose(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;

    say_as("sspi");
    if (!word) {
        put_help(stderr);
        return TOOL_USAGE;
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        put_help(stdout);
        return TOOL_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("sspi (OpenSSPI) %s\n", sspi_version());
        return TOOL_OK;
    }
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(word, commands[i].name) == 0)
            return run(&commands[i], argc - 1, argv + 1);
    return say_usage("'%s' is no command", word);
}

int main(int argc, char **argv)
{
    int result;
    bool lost;

    signal(SIGPIPE, SIG_IGN); /* a lost reader is an error we can name */
    result = choose(argc, argv);
    lost = ferror(stdout) != 0;
    if (fclose(stdout) != 0 || lost) {
        say("cannot write the output: %s", strerror(errno));
        return result == TOOL_OK ? TOOL_FAILED : result;
    }
    return result;
}
