/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c: runs a fuzz target without a fuzzer: over the files and folders that are named, and,
 * with -runs=N, over N simple mutations of them (-seed=N makes other ones).  So the suite replays
 * every corpus with any compiler; tests/fuzz/run.sh uses a real fuzzer.  TAP.
 */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_INPUTS 4096u
#define MAX_SIZE (1u << 20)

static struct {
    uint8_t *data;
    size_t size;
} inputs[MAX_INPUTS];
static size_t count;
static uint64_t random_state = 1;

static uint32_t random_below(size_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return n ? (uint32_t)(random_state >> 33) % (uint32_t)n : 0;
}

/* In memory of just its size, so that a sanitizer sees a read past the end. */
static void try_copy(const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size ? size : 1);

    if (!exact)
        exit(99);
    memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

static void take_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t *data = malloc(MAX_SIZE);

    if (!f || !data || count == MAX_INPUTS) {
        fprintf(stderr, "cannot take %s\n", path);
        exit(99);
    }
    inputs[count].data = data;
    inputs[count].size = fread(data, 1, MAX_SIZE, f);
    count++;
    fclose(f);
}

static void take(const char *path)
{
    struct stat st;
    char inside[4096];
    DIR *folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? opendir(path) : NULL;

    if (!folder) {
        take_file(path);
        return;
    }
    for (const struct dirent *e; (e = readdir(folder));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(inside, sizeof inside, "%s/%s", path, e->d_name);
        take(inside);
    }
    closedir(folder);
}

/* A few changes to one input: a bit, a byte, a cut, or the tail of another input. */
static void mutate(void)
{
    static uint8_t room[2 * MAX_SIZE];
    size_t which = random_below(count), size = inputs[which].size;

    memcpy(room, inputs[which].data, size);
    for (uint32_t n = 1 + random_below(4); n > 0; n--) {
        size_t at = random_below(size);
        uint32_t kind = random_below(5), other = random_below(count);
        if (kind == 0 && size > 0)
            room[at] ^= (uint8_t)(1u << random_below(8));
        else if (kind == 1 && size > 0)
            room[at] = (uint8_t)random_below(256);
        else if (kind == 2 && size > 0)
            room[at] = random_below(2) ? 0xff : 0;
        else if (kind == 3)
            size = at;
        else if (kind == 4 && at < inputs[other].size) {
            memcpy(room + at, inputs[other].data + at, inputs[other].size - at);
            size = inputs[other].size;
        }
    }
    try_copy(room, size);
}

int main(int argc, char **argv)
{
    unsigned long runs = 0;

    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "-runs=", 6) == 0)
            runs = strtoul(argv[i] + 6, NULL, 10);
        else if (strncmp(argv[i], "-seed=", 6) == 0)
            random_state = strtoull(argv[i] + 6, NULL, 10);
        else
            take(argv[i]);
    }
    try_copy((const uint8_t *)"", 0);
    for (size_t i = 0; i < count; i++)
        try_copy(inputs[i].data, inputs[i].size);
    for (unsigned long i = 0; count > 0 && i < runs; i++)
        mutate();
    printf("%s %s over %zu inputs and %lu mutations of them\n", count > 0 ? "ok" : "not ok",
           argv[0], count, runs);
    return count > 0 ? 0 : 1;
}
