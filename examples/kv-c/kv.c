/* SPDX-License-Identifier: ISC */
/*
 * A key-value store in lines of text, as a loadable service in the step form:
 *
 *     SET key value    OK
 *     GET key          VALUE value, or NONE
 *     DEL key          OK, or NONE
 *     COUNT            how many commands this connection has sent
 *     QUIT             closes the connection
 *
 * The store belongs to the process: on a line with `nowait`, where one process serves all clients,
 * all see the same; a pool of several processes has as many stores. An argument limits its keys:
 *
 *     7000 stream tcp nowait nobody internal kv 10000
 */
#include <minetd_service.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { line_max = 4096, owed_max = 65536, bucket_count = 4096 };

struct entry {
    struct entry* next;
    char* value;
    char key[];
};

struct store {
    const struct minetd_host* host;
    pthread_mutex_t lock; /* of all that follows */
    size_t keys, keys_max;
    struct entry* buckets[bucket_count];
};

/* What one connection has of its own. */
struct client {
    unsigned long commands;
};

static struct entry** find(struct store* store, const char* key) {
    size_t hash = 5381;
    for (const char* c = key; *c != '\0'; ++c) hash = hash * 33 + (unsigned char)*c;
    struct entry** place = &store->buckets[hash % bucket_count];
    while (*place != NULL && strcmp((*place)->key, key) != 0) place = &(*place)->next;
    return place;
}

static const char* set(struct store* store, const char* key, const char* value) {
    struct entry** place = find(store, key);
    char* copy = strdup(value);
    if (copy == NULL) return "ERR no memory\n";
    if (*place != NULL) {
        free((*place)->value);
        (*place)->value = copy;
        return "OK\n";
    }
    struct entry* entry =
        store->keys < store->keys_max ? malloc(sizeof *entry + strlen(key) + 1) : NULL;
    if (entry == NULL) {
        free(copy);
        return "ERR the store is full\n";
    }
    strcpy(entry->key, key);
    entry->value = copy;
    entry->next = NULL;
    *place = entry;
    ++store->keys;
    return "OK\n";
}

static const char* del(struct store* store, const char* key) {
    struct entry **place = find(store, key), *entry = *place;
    if (entry == NULL) return "NONE\n";
    *place = entry->next;
    free(entry->value);
    free(entry);
    --store->keys;
    return "OK\n";
}

static int say(const struct store* store, struct minetd_connection* connection, const char* text) {
    return store->host->send(connection, text, strlen(text));
}

/* One command, without its end of line; 0 when the connection is to be closed. */
static int run(struct store* store, struct minetd_connection* connection, char* line) {
    const struct minetd_host* host = store->host;
    struct client* client = host->state(connection);
    ++client->commands;
    char* rest = NULL;
    const char* word = strtok_r(line, " ", &rest);
    if (word == NULL) return say(store, connection, "ERR an empty line\n") == 0;
    if (strcmp(word, "QUIT") == 0) return 0;
    if (strcmp(word, "COUNT") == 0) {
        char answer[40];
        snprintf(answer, sizeof answer, "%lu\n", client->commands);
        return say(store, connection, answer) == 0;
    }
    const char* key = strtok_r(NULL, " ", &rest);
    if (key == NULL) return say(store, connection, "ERR SET, GET, DEL, COUNT or QUIT\n") == 0;
    int sent = -1;
    pthread_mutex_lock(&store->lock);
    if (strcmp(word, "SET") == 0) {
        sent = say(store, connection, set(store, key, rest));
    } else if (strcmp(word, "DEL") == 0) {
        sent = say(store, connection, del(store, key));
    } else if (strcmp(word, "GET") == 0) {
        const struct entry* entry = *find(store, key);
        if (entry == NULL) {
            sent = say(store, connection, "NONE\n");
        } else if (say(store, connection, "VALUE ") == 0 &&
                   say(store, connection, entry->value) == 0) {
            sent = say(store, connection, "\n");
        }
    } else {
        sent = say(store, connection, "ERR SET, GET, DEL, COUNT or QUIT\n");
    }
    pthread_mutex_unlock(&store->lock);
    return sent == 0;
}

/* Every whole line that is here, as long as the client reads the answers. */
static int run_lines(void* service, struct minetd_connection* connection) {
    struct store* store = service;
    const struct minetd_host* host = store->host;
    for (;;) {
        if (host->owed(connection) >= owed_max) return MINETD_WRITE;
        size_t size;
        const char* input = host->input(connection, &size);
        const char* end = input != NULL ? memchr(input, '\n', size) : NULL;
        if (end == NULL && size < line_max)
            return host->input_ended(connection) ? MINETD_CLOSE : MINETD_READ;
        if (end == NULL || end - input >= line_max) {
            say(store, connection, "ERR the line is too long\n");
            return MINETD_CLOSE;
        }
        char line[line_max];
        size_t length = (size_t)(end - input);
        memcpy(line, input, length);
        if (length > 0 && line[length - 1] == '\r') --length;
        line[length] = '\0';
        host->consume(connection, (size_t)(end - input) + 1);
        if (!run(store, connection, line)) return MINETD_CLOSE;
    }
}

static int on_open(void* service, struct minetd_connection* connection) {
    const struct minetd_host* host = ((struct store*)service)->host;
    struct client* client = calloc(1, sizeof *client);
    if (client == NULL || host->set_state(connection, client) < 0) {
        free(client);
        return MINETD_CLOSE;
    }
    return MINETD_READ;
}

static void on_close(void* service, void* state) {
    (void)service;
    free(state);
}

static int open_store(const struct minetd_context* context, void** service, char* error,
                      size_t error_size) {
    unsigned long most = 100000;
    if (context->argument_count > 0) {
        char* end;
        most = strtoul(context->arguments[0], &end, 10);
        if (*end != '\0' || most == 0 || context->argument_count > 1) {
            snprintf(error, error_size, "the one argument is the number of keys, not `%s`",
                     context->arguments[context->argument_count - 1]);
            return -1;
        }
    }
    struct store* store = calloc(1, sizeof *store);
    if (store == NULL) {
        snprintf(error, error_size, "there is no memory");
        return -1;
    }
    store->host = context->host;
    store->keys_max = most;
    pthread_mutex_init(&store->lock, NULL);
    *service = store;
    return 0;
}

static void close_store(void* service) {
    struct store* store = service;
    for (size_t i = 0; i < bucket_count; ++i) {
        for (struct entry *entry = store->buckets[i], *next; entry != NULL; entry = next) {
            next = entry->next;
            free(entry->value);
            free(entry);
        }
    }
    pthread_mutex_destroy(&store->lock);
    free(store);
}

const struct minetd_service minetd_module = {
    .abi = MINETD_SERVICE_ABI,
    .size = sizeof(struct minetd_service),
    .flags = MINETD_STREAM | MINETD_THREAD_SAFE | MINETD_CLIENT_SPEAKS_FIRST,
    .open = open_store,
    .close = close_store,
    .on_open = on_open,
    .on_input = run_lines,
    .on_drained = run_lines,
    .on_close = on_close,
};
