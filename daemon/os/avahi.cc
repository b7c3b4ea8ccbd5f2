// SPDX-License-Identifier: ISC
#include "daemon/os/avahi.h"

#include <avahi-client/client.h>
#include <avahi-client/publish.h>
#include <avahi-common/alternative.h>
#include <avahi-common/domain.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/simple-watch.h>
#include <fmt/core.h>
#include <sys/socket.h>

#include <algorithm>
#include <new>

namespace minetd::avahi {
namespace {

/// The bus, and avahi-daemon on it, are looked for again after so long.
constexpr Milliseconds first_retry = 500, longest_retry = 10'000;
/// Names that are taken one after the other: that many are no accident.
constexpr int most_names = 100;

std::string expanded(const std::string& pattern, const char* host) {
    std::string name;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        if (pattern[at] != '%' || at + 1 == pattern.size())
            name += pattern[at];
        else if (pattern[++at] == 'h')
            name += host;
        else
            name += pattern[at];
    }
    // A label has 63 bytes, and no part of a character at its end.
    while (name.size() >= AVAHI_LABEL_MAX) {
        while ((static_cast<unsigned char>(name.back()) & 0xC0U) == 0x80) name.pop_back();
        name.pop_back();
    }
    return name;
}

AvahiProtocol protocol_of(int family) noexcept {
    return family == AF_INET    ? AVAHI_PROTO_INET
           : family == AF_INET6 ? AVAHI_PROTO_INET6
                                : AVAHI_PROTO_UNSPEC;
}

struct Free {
    void operator()(AvahiSimplePoll* poll) const noexcept { ::avahi_simple_poll_free(poll); }
    void operator()(AvahiEntryGroup* group) const noexcept { ::avahi_entry_group_free(group); }
    void operator()(AvahiClient* client) const noexcept { ::avahi_client_free(client); }
    void operator()(char* text) const noexcept { ::avahi_free(text); }
};

}  // namespace

bool available() noexcept {
    return true;
}

struct Publisher::State {
    /// A service and its group of records, which avahi-daemon has while it knows us.
    struct Entry {
        State& state;
        Service service;
        std::string name;  ///< in use: the service's, or one like it
        std::unique_ptr<AvahiEntryGroup, Free> group;
        bool failed = false;
        std::string told;  ///< the last report on it: nothing is told twice in a row

        std::string text() const {
            return fmt::format("`{}' as {}, port {}", name, service.type, service.port);
        }
        void say(Level level, const std::string& what) {
            if (what != told) state.say(level, what);
            told = what;
        }
        void fail(int error) {
            failed = true;
            say(Level::error,
                fmt::format("cannot announce {}: {}", text(), ::avahi_strerror(error)));
        }
        void take_another_name() {
            const std::unique_ptr<char, Free> next(::avahi_alternative_service_name(name.c_str()));
            if (!next) throw std::bad_alloc();
            state.say(Level::notice, fmt::format("the name `{}' is taken: `{}' is in its place",
                                                 name, next.get()));
            name = next.get();
        }
        int add_all() {
            ::avahi_entry_group_reset(group.get());
            for (const Scope& scope : service.scopes)
                if (const int error = ::avahi_entry_group_add_service(
                        group.get(),
                        scope.interface == 0 ? AVAHI_IF_UNSPEC
                                             : static_cast<AvahiIfIndex>(scope.interface),
                        protocol_of(scope.family), {}, name.c_str(), service.type.c_str(), nullptr,
                        nullptr, service.port, nullptr);
                    error != AVAHI_OK)
                    return error;
            return ::avahi_entry_group_commit(group.get());
        }
        void announce() {
            failed = false;
            if (!group) group.reset(::avahi_entry_group_new(state.client.get(), heard, this));
            if (!group) return fail(::avahi_client_errno(state.client.get()));
            // Another one of ours may have the name: that is told at once.
            int error = AVAHI_ERR_COLLISION;
            for (int names = 0; error == AVAHI_ERR_COLLISION && names < most_names; ++names) {
                if (names > 0) take_another_name();
                error = add_all();
            }
            if (error != AVAHI_OK) fail(error);
        }
        static void heard(AvahiEntryGroup*, AvahiEntryGroupState is, void* self) {
            Entry& entry = *static_cast<Entry*>(self);
            switch (is) {
                case AVAHI_ENTRY_GROUP_ESTABLISHED:
                    return entry.say(Level::notice, "announced " + entry.text());
                case AVAHI_ENTRY_GROUP_COLLISION:
                    entry.take_another_name();
                    return entry.announce();
                case AVAHI_ENTRY_GROUP_FAILURE:
                    return entry.fail(::avahi_client_errno(entry.state.client.get()));
                default:
                    return;
            }
        }
    };

    explicit State(Say reporter) : say(std::move(reporter)), poll(::avahi_simple_poll_new()) {
        if (!poll) throw std::bad_alloc();
    }

    void complain(const std::string& problem) {
        if (std::exchange(complaint, problem) != problem) say(Level::warning, problem);
    }

    void connect() {
        disconnect();
        int error = 0;
        // In the call `client` is not known yet, and nothing is announced.
        connecting = true;
        client.reset(::avahi_client_new(::avahi_simple_poll_get(poll.get()), AVAHI_CLIENT_NO_FAIL,
                                        heard, this, &error));
        connecting = false;
        if (!client) {
            complain(fmt::format("the system's message bus cannot be reached: {}; trying again",
                                 ::avahi_strerror(error)));
            return lost();
        }
        follow(::avahi_client_get_state(client.get()));
    }

    void disconnect() {
        for (const auto& entry : entries) {
            entry->group.reset();
            entry->told.clear();
        }
        client.reset();
    }

    void lost() {
        gone = true;
        delay = std::clamp(delay * 2, first_retry, longest_retry);
        next_try = monotonic_ms() + delay;
    }

    /// Everything anew: with the host's name, services that are called by it have another one too.
    void announce_all() {
        const char* const host = ::avahi_client_get_host_name(client.get());
        for (const auto& entry : entries) announce(*entry, host != nullptr ? host : "");
    }
    void announce(Entry& entry, const char* host) {
        entry.name = expanded(entry.service.name, host);
        entry.announce();
    }

    void follow(AvahiClientState is) {
        running = is == AVAHI_CLIENT_S_RUNNING;
        switch (is) {
            case AVAHI_CLIENT_S_RUNNING:
                delay = 0;
                complaint.clear();
                return announce_all();
            case AVAHI_CLIENT_S_COLLISION:
            case AVAHI_CLIENT_S_REGISTERING:
                // The host is about to have another name.
                for (const auto& entry : entries)
                    if (entry->group) ::avahi_entry_group_reset(entry->group.get());
                return;
            case AVAHI_CLIENT_CONNECTING:
                return complain("avahi-daemon(8) is not there: waiting for it");
            case AVAHI_CLIENT_FAILURE:
                // It is not to be freed here, in its own call.
                return lost();
        }
    }

    static void heard(AvahiClient*, AvahiClientState is, void* self) {
        State& state = *static_cast<State*>(self);
        if (!state.connecting) state.follow(is);
    }

    Say say;
    std::unique_ptr<AvahiSimplePoll, Free> poll;
    std::unique_ptr<AvahiClient, Free> client;
    std::vector<std::unique_ptr<Entry>> entries;  ///< by service; they go before the client
    bool connecting = false, running = false;
    bool gone = true;  ///< the client is none, or of no use any more
    std::string complaint;
    Milliseconds delay = 0, next_try = 0;
};

Publisher::Publisher(Say say) : state_(std::make_unique<State>(std::move(say))) {}
Publisher::~Publisher() = default;

void Publisher::publish(const std::vector<Service>& all) {
    State& state = *state_;
    std::erase_if(state.entries, [&](const auto& entry) {
        return std::find(all.begin(), all.end(), entry->service) == all.end();
    });
    const char* const host =
        state.running && !state.gone ? ::avahi_client_get_host_name(state.client.get()) : nullptr;
    for (const auto& entry : state.entries)
        if (host != nullptr && entry->failed) state.announce(*entry, host);
    for (const Service& service : all) {
        const auto same = [&](const auto& entry) { return entry->service == service; };
        if (std::any_of(state.entries.begin(), state.entries.end(), same)) continue;
        state.entries.push_back(
            std::make_unique<State::Entry>(State::Entry{.state = state, .service = service}));
        if (host != nullptr) state.announce(*state.entries.back(), host);
    }
}

void Publisher::wait(int fd, Milliseconds most) {
    State& state = *state_;
    const Milliseconds until = monotonic_ms() + most;
    const AvahiPoll* const api = ::avahi_simple_poll_get(state.poll.get());
    bool readable = false;
    const auto heard = [](AvahiWatch*, int, AvahiWatchEvent, void* flag) {
        *static_cast<bool*>(flag) = true;
    };
    AvahiWatch* const watch = api->watch_new(api, fd, AVAHI_WATCH_IN, heard, &readable);
    if (watch == nullptr) throw std::bad_alloc();
    for (;;) {
        Milliseconds now = monotonic_ms();
        if (state.gone && now >= state.next_try && !state.entries.empty()) {
            state.gone = false;
            state.connect();
            now = monotonic_ms();
        }
        Milliseconds left = until - now;
        if (readable || left <= 0) break;
        if (state.gone && !state.entries.empty())
            left = std::clamp<Milliseconds>(state.next_try - now, 1, left);
        ::avahi_simple_poll_iterate(state.poll.get(), static_cast<int>(left));
    }
    api->watch_free(watch);
}

}  // namespace minetd::avahi
