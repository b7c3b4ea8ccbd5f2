// SPDX-License-Identifier: ISC
// A loadable service that does what the tests tell it, line by line, and what no module should. It
// is built several times: meson.build gives each its own faults.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "services/minetd_service.h"

#ifndef PROBE_ABI
#define PROBE_ABI MINETD_SERVICE_ABI
#endif
#ifndef PROBE_SIZE
#define PROBE_SIZE sizeof(Description)
#endif
#ifndef PROBE_FLAGS
#define PROBE_FLAGS \
    MINETD_STREAM | MINETD_DATAGRAM | MINETD_THREAD_SAFE | MINETD_CLIENT_SPEAKS_FIRST
#endif
#ifndef PROBE_SYMBOL
#define PROBE_SYMBOL "minetd_module"
#endif
#ifndef PROBE_MORE
#define PROBE_MORE nullptr
#endif
#ifndef PROBE_FORM
#define PROBE_FORM on_input, nullptr, nullptr
#endif

namespace {

const minetd_host* host;
const minetd_context* context;
std::atomic<int> states_made, states_freed;

struct State {
    int lines = 0;
};

int open_probe(const minetd_context* given, void** service, char* error, std::size_t size) {
    context = given;
    host = given->host;
    *service = &states_made;
    if (given->argument_count == 0 || std::strcmp(given->arguments[0], "refuse") != 0) return 0;
    std::snprintf(error, size, "it was told to refuse");
    return -1;
}

void close_probe(void* service) {
    if (service != &states_made) std::abort();
    if (context->argument_count > 1 && std::strcmp(context->arguments[0], "closing") == 0)
        ::unlink(context->arguments[1]);
}

int say(minetd_connection* connection, const std::string& text) {
    return host->send(connection, (text + '\n').data(), text.size() + 1);
}

int run(minetd_connection* connection, std::string_view line) {
    State* state = static_cast<State*>(host->state(connection));
    ++state->lines;
    if (line == "count") say(connection, std::to_string(state->lines));
    if (line == "states")
        say(connection,
            std::to_string(states_made) + " made, " + std::to_string(states_freed) + " freed");
    if (line == "pid") say(connection, std::to_string(::getpid()));
    if (line == "uid") say(connection, std::to_string(::geteuid()));
    if (line == "argument")
        say(connection, context->argument_count > 0 ? context->arguments[0] : "none");
    if (line == "service") say(connection, context->service);
    if (line == "peer") {
        socklen_t length = 0;
        const sockaddr* peer = host->peer(connection, &length);
        say(connection, std::to_string(length > 0 ? peer->sa_family : 0));
    }
    if (line == "read") {
        char byte;
        say(connection, std::to_string(host->read(connection, &byte, 1)));
    }
    if (line == "file") {
        const int file = ::open(context->arguments[0], O_RDONLY | O_CLOEXEC);
        host->send_file(connection, file, 3, 12);
        ::close(file);
        say(connection, "");
    }
    if (line == "log") host->log(context, 4, "told to log\nthis");
    if (line == "much") say(connection, std::string(1'000'000, 'x'));
    if (line == "impatient") host->set_idle_timeout(connection, 1);
    if (line == "greedy") host->consume(connection, 1'000'000'000);
    if (line == "replace") {
        delete state;
        ++states_freed;
        host->set_state(connection, nullptr);
        host->set_state(connection, new State);
        ++states_made;
    }
    // -- what no module should
    if (line == "nonsense") return 77;
    if (line == "crash") {
        ::signal(SIGSEGV, SIG_DFL);  // a sanitizer would tell
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_UNBLOCK, &all, nullptr);
        ::raise(SIGSEGV);
    }
    if (line == "abort") std::abort();
    if (line == "throw") throw 1;
    if (line == "exit") ::_exit(0);
    if (line == "hang")
        for (;;) ::pause();
    if (line == "leak") {
        static void* volatile leaked;
        leaked = std::malloc(1'000'000);
        std::memset(leaked, 1, 1'000'000);
        say(connection, "leaked");
    }
    if (line == "quit") return MINETD_CLOSE;
    return MINETD_READ;
}

int on_open(void*, minetd_connection* connection) {
    ++states_made;
    return host->set_state(connection, new State) == 0 ? MINETD_READ : MINETD_CLOSE;
}

[[maybe_unused]] int on_input(void*, minetd_connection* connection) {
    for (;;) {
        std::size_t size = 0;
        const char* input = host->input(connection, &size);
        const void* end = input != nullptr ? std::memchr(input, '\n', size) : nullptr;
        if (end == nullptr) return host->input_ended(connection) != 0 ? MINETD_CLOSE : MINETD_READ;
        const std::string line(input, static_cast<const char*>(end));
        if (line == "stubborn") return MINETD_READ;
        host->consume(connection, line.size() + 1);
        const int next = run(connection, line);
        if (next != MINETD_READ) return next;
    }
}

void on_close(void* service, void* state) {
    if (service != &states_made) std::abort();
    ++states_freed;
    delete static_cast<State*>(state);
}

void on_datagram(void*, minetd_datagram* datagram) {
    std::size_t size = 0;
    const void* payload = host->payload(datagram, &size);
    host->reply(datagram, "replaced", 8);
    host->reply(datagram, payload, size);
}

/// The blocking form: it takes lines and answers with their length, until it is told to hang.
[[maybe_unused]] void serve(void*, minetd_connection* connection) {
    on_open(nullptr, connection);
    std::string held;
    char bytes[100];
    for (;;) {
        const ssize_t got = host->read(connection, bytes, sizeof bytes);
        if (got <= 0) return;
        held.append(bytes, static_cast<std::size_t>(got));
        for (std::size_t end; (end = held.find('\n')) != held.npos; held.erase(0, end + 1)) {
            if (run(connection, held.substr(0, end)) != MINETD_READ) return;
            const std::string answer = std::to_string(end) + '\n';
            if (host->write(connection, answer.data(), answer.size()) < 0) return;
        }
    }
}

struct Description {
    minetd_service known;
    const void* more;  ///< as a newer header might have it
};

}  // namespace

extern "C" {
#ifdef PROBE_UNRESOLVED
void nobody_defines_this();
extern MINETD_EXPORT void (*const unresolved)();
void (*const unresolved)() = nobody_defines_this;
#endif
extern MINETD_EXPORT const Description description __asm__(PROBE_SYMBOL);
const Description description = {{PROBE_ABI, PROBE_SIZE, PROBE_FLAGS, 0, open_probe, close_probe,
                                  on_open, PROBE_FORM, on_close, on_datagram},
                                 PROBE_MORE};
}
