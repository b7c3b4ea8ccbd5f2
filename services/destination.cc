// SPDX-License-Identifier: ISC
#include "services/destination.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <stdexcept>

#include "daemon/config/names.h"
#include "daemon/os/socket.h"
#include "daemon/os/thread.h"

namespace minetd {

struct Destination::State {
    Lookup lookup;
    bool fixed = false;  ///< an address needs no second look
    std::mutex lock;     ///< of all below
    Answer known;
    bool answered = false, looking = false, failed = false;
    Milliseconds answered_at = 0;
    std::vector<int> waiting;
};

namespace {

Destination::Lookup lookup_of(const Redirect& redirect) {
    const std::optional<std::uint16_t> port = port_of(redirect.port, "tcp");
    if (!port) throw std::runtime_error("there is no port `" + redirect.port + "'");
    const int family = redirect.source.empty() ? AF_UNSPEC : address_family(redirect.source);
    return [host = redirect.host, port = *port, family] { return resolve(host, port, family); };
}

}  // namespace

Destination::Destination(const Redirect& redirect)
    : Destination(bracketed(redirect.host) + ':' + redirect.port, lookup_of(redirect)) {
    if (address_family(redirect.host) == AF_UNSPEC) return;
    state_->known.addresses = state_->lookup();
    state_->fixed = true;
}

Destination::Destination(std::string name, Lookup lookup)
    : name_(std::move(name)), state_(std::make_shared<State>()) {
    state_->lookup = std::move(lookup);
}

Destination::~Destination() = default;

std::optional<Destination::Answer> Destination::ask(Milliseconds now) {
    State& state = *state_;
    const std::lock_guard held(state.lock);
    if (state.fixed) return state.known;
    const Milliseconds age = now - state.answered_at;
    if (state.answered && age < (state.failed ? retry : fresh)) return state.known;
    if (!state.looking) {
        state.looking = true;
        try {
            Thread(0, [shared = state_] { look_up(shared); }).detach();
        } catch (const std::system_error& problem) {
            state.looking = false;
            state.known.problem = problem.what();
            return state.known;
        }
    }
    if (!state.known.addresses.empty() && age < stale) return state.known;
    return std::nullopt;
}

/// What was known is worth more than a resolver that does not answer.
void Destination::look_up(const std::shared_ptr<State>& state) noexcept {
    Answer found;
    try {
        found.addresses = state->lookup();
        if (found.addresses.empty()) found.problem = "it has no address";
    } catch (const std::exception& problem) {
        found.problem = problem.what();
    }
    const std::lock_guard held(state->lock);
    state->failed = found.addresses.empty();
    if (!state->failed)
        state->known = std::move(found);
    else
        state->known.problem = std::move(found.problem);
    state->answered = true;
    state->answered_at = monotonic_ms();
    state->looking = false;
    const std::uint64_t one = 1;
    for (const int waker : state->waiting) (void)!::write(waker, &one, sizeof one);
    state->waiting.clear();
}

void Destination::await(int waker) {
    const std::lock_guard held(state_->lock);
    if (state_->looking) return state_->waiting.push_back(waker);
    const std::uint64_t one = 1;
    (void)!::write(waker, &one, sizeof one);
}

void Destination::forget(int waker) noexcept {
    const std::lock_guard held(state_->lock);
    std::erase(state_->waiting, waker);
}

void Destination::demote(const SocketAddress& address) noexcept {
    const std::lock_guard held(state_->lock);
    std::vector<SocketAddress>& known = state_->known.addresses;
    const auto found = std::find(known.begin(), known.end(), address);
    if (found != known.end()) std::rotate(found, found + 1, known.end());
}

}  // namespace minetd
