/* SPDX-License-Identifier: ISC */
/*
 * The interface between minetd and a loadable service: a shared object, opened by name from a line
 * that says `internal NAME`, in a process of the service's user. C11 and C++17 or later.
 * minetd-service(3) is the guide; what is said here is the contract.
 *
 * A module exports one symbol, `minetd_module`, and links to nothing of minetd: what it may call is
 * in a table of functions that it is given.
 *
 *   Ownership  What a function returns belongs to minetd, and what a module passes stays the
 * module's; nothing is freed by the other side. Lifetime   A connection or datagram is valid until
 * the callback it was given to returns. Bytes are valid until the next call with the same
 * connection. Threads    A function that takes a connection or datagram is called on the thread of
 * the callback that was given it. log() is for every thread. Without MINETD_THREAD_SAFE one
 * callback runs at a time in a process; in either case a service runs in as many processes as its
 * line says, which share nothing. Errors     Functions that can fail return -1 and set errno. C++
 * exceptions must not leave a callback: they end the process, as a crash does. Versions   Members
 * are only ever added at the end of a structure, and `size` says how many there are. A module that
 * was built with an older or a newer header of the same MINETD_SERVICE_ABI is accepted, unless it
 * uses what this minetd does not have.
 */
#ifndef MINETD_SERVICE_H
#define MINETD_SERVICE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MINETD_SERVICE_ABI 1

struct minetd_connection;
struct minetd_context;
struct minetd_datagram;

/* What a step returns: what the connection waits for next. Any other value closes it, with a
 * message. */
enum minetd_next {
    /* More input. With nothing in input() and nothing owed this is the boundary between two
     * requests: here a server may retire, and an idle connection may be closed. After input_ended()
     * nothing more can come, and it means MINETD_CLOSE. */
    MINETD_READ = 1,
    /* The output to be sent; nothing is read until then. For a peer that asks faster than it reads.
     */
    MINETD_WRITE = 2,
    /* Nothing: what is owed is sent, then the connection is closed. */
    MINETD_CLOSE = 3
};

/* What a service is; `flags` of struct minetd_service. */
enum minetd_flag {
    MINETD_STREAM = 1,   /* it serves connections: on_input, or serve */
    MINETD_DATAGRAM = 2, /* it serves datagrams: on_datagram */
    /* Callbacks of different connections may run at the same time in one process. */
    MINETD_THREAD_SAFE = 4,
    /* A step may wait for a disk, a lock or another server; it gets a thread that others do not
     * wait for. The blocking form always does. */
    MINETD_MAY_BLOCK = 8,
    /* It says nothing before its client does. */
    MINETD_CLIENT_SPEAKS_FIRST = 16,
    /* Between two requests the connection is closed when its server is to go, in place of waiting
     * for it: its client knows how to come back. (A full event pool closes the longest idle
     * connection for one that waits, whatever is said here.) */
    MINETD_EVICTABLE = 32
};

/* What a module may call. */
struct minetd_host {
    uint32_t size; /* of this structure, in bytes, as minetd has it */
    uint32_t abi;  /* MINETD_SERVICE_ABI of minetd */

    /* Writes one line to the log that minetd writes to, with the service's name before it. `level`
     * is syslog(3)'s: 3 error, 4 warning, 5 notice, 6 information, 7 debugging. Control characters
     * are escaped, what is longer than some 250 bytes is cut, and a line is lost rather than waited
     * for. */
    void (*log)(const struct minetd_context* context, int level, const char* text);

    /* -- of a connection, in either form */

    /* Addresses; `*length` is set to their size in bytes, 0 where there is none. */
    const struct sockaddr* (*peer)(struct minetd_connection*, socklen_t* length);
    const struct sockaddr* (*local)(struct minetd_connection*, socklen_t* length);
    /* The pointer that set_state() was given last; NULL at first. One that is not NULL is passed to
     * on_close when the connection is over, whatever ended it. set_state() frees nothing: whoever
     * replaces a state frees the old one. -1: ENOMEM. */
    void* (*state)(struct minetd_connection*);
    int (*set_state)(struct minetd_connection*, void* state);
    /* Queues a copy of `size` bytes for the peer; it is sent as the peer takes it. -1: ENOMEM. */
    int (*send)(struct minetd_connection*, const void* bytes, size_t size);
    /* Queues `length` bytes of a file from `offset` on, behind what is queued already. It keeps a
     * duplicate of `file`; the caller's stays the caller's. A file that has become shorter by the
     * time it is sent breaks the connection. -1: EBADF, EMFILE or ENOMEM. */
    int (*send_file)(struct minetd_connection*, int file, off_t offset, uint64_t length);
    /* Bytes queued and not yet sent. */
    size_t (*owed)(struct minetd_connection*);
    /* Seconds that the connection may wait for its peer, in place of the service's deadlines; 0:
     * for ever. */
    void (*set_idle_timeout)(struct minetd_connection*, uint32_t seconds);
    /* The peer has sent its last byte. */
    int (*input_ended)(struct minetd_connection*);

    /* -- in the step form only */

    /* What has arrived and was not consumed; `*size` is its length in bytes. No end of line or of
     * string is added. NULL when it is empty. */
    const char* (*input)(struct minetd_connection*, size_t* size);
    /* Takes bytes off the front; more than there are is all of them. */
    void (*consume)(struct minetd_connection*, size_t size);
    /* The most that is kept in input(), in bytes; 65536 at first, at least 1. A connection whose
     * service returns MINETD_READ without consuming anything of so much is closed. */
    void (*set_read_ahead)(struct minetd_connection*, size_t bytes);

    /* -- in the blocking form only; in a step they fail with ENOTSUP */

    /* Sends what is queued, waits for input, and copies at most `size` bytes of it. Returns how
     * many; 0 at the end of the input; -1: ETIMEDOUT at the deadline, or why the connection
     * broke. */
    ssize_t (*read)(struct minetd_connection*, void* room, size_t size);
    /* Sends what is queued and then all of these bytes. -1: ETIMEDOUT when the peer has taken
     * nothing until the deadline, or why the connection broke; return from serve then. */
    int (*write)(struct minetd_connection*, const void* bytes, size_t size);

    /* -- of a datagram */

    const void* (*payload)(struct minetd_datagram*, size_t* size);
    const struct sockaddr* (*datagram_peer)(struct minetd_datagram*, socklen_t* length);
    /* Answers with a copy of these bytes, once on_datagram returns; a second answer replaces the
     * first. What is larger than the question comes out of a budget per source, and may be
     * dropped. -1: ENOMEM. */
    int (*reply)(struct minetd_datagram*, const void* bytes, size_t size);
};

/* What a process knows of its service; the same object until close. */
struct minetd_context {
    uint32_t size;         /* of this structure, in bytes, as minetd has it */
    uint32_t idle_timeout; /* seconds; 0: never */
    const struct minetd_host* host;
    const char* service;          /* its id in the configuration */
    const char* const* arguments; /* what follows the module's name on the line; ends with NULL */
    size_t argument_count;
};

/* What a module exports. Every callback may be NULL unless said otherwise. */
struct minetd_service {
    uint32_t abi;      /* MINETD_SERVICE_ABI */
    uint32_t size;     /* sizeof(struct minetd_service) */
    uint32_t flags;    /* of enum minetd_flag */
    uint32_t reserved; /* 0 */

    /* Called once per process, as the service's user, before anything is served. What it stores in
     * `*service` (NULL at first) is `service` in all the others. Returns 0; or -1, with the reason
     * in `error`, a string of at most `error_size` bytes with its end, and the service does not
     * start.
     */
    int (*open)(const struct minetd_context* context, void** service, char* error,
                size_t error_size);
    /* The process ends in an orderly way; no connection is left. */
    void (*close)(void* service);

    /* Step form. Each returns one of enum minetd_next at once; a connection is never in two steps
     * at the same time, but the steps may come on different threads. */

    /* The connection was accepted. NULL: MINETD_READ. */
    int (*on_open)(void* service, struct minetd_connection*);
    /* There is more in input(), or input_ended() has become true. Never NULL in the step form. */
    int (*on_input)(void* service, struct minetd_connection*);
    /* All that was queued has been sent. NULL: MINETD_READ. */
    int (*on_drained)(void* service, struct minetd_connection*);

    /* Blocking form, in place of the three: serves the connection from its first byte to its last.
     * What is still queued when it returns is sent. */
    void (*serve)(void* service, struct minetd_connection*);

    /* The connection is over, by whatever end: frees its state. Called exactly once for each
     * connection whose state is not NULL; the connection itself is gone. */
    void (*on_close)(void* service, void* state);

    /* One datagram arrived; no reply is a good answer. */
    void (*on_datagram)(void* service, struct minetd_datagram*);
};

#if defined(__GNUC__)
#define MINETD_EXPORT __attribute__((visibility("default")))
#else
#define MINETD_EXPORT
#endif

/* The one symbol. A module defines it:
 *     const struct minetd_service minetd_module = {.abi = MINETD_SERVICE_ABI, ...}; */
extern MINETD_EXPORT const struct minetd_service minetd_module;

#ifdef __cplusplus
}
#endif

#endif
