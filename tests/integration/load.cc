// SPDX-License-Identifier: ISC
#include "tests/integration/load.h"

#include <string>
#include <system_error>

#include "daemon/os/socket.h"

namespace minetd {
namespace {

/// Between two requests of a client: the machine has other things to do as well.
constexpr std::chrono::milliseconds pause{2};

}  // namespace

LoadCounts LoadCounts::operator-(const LoadCounts& before) const {
    return {.sent = sent - before.sent,
            .answered = answered - before.answered,
            .refused = refused - before.refused,
            .reset = reset - before.reset,
            .cut = cut - before.cut,
            .stuck = stuck - before.stuck,
            .killed = killed - before.killed,
            .connections = connections - before.connections};
}

Load::Load(std::span<const SocketAddress> services, std::chrono::milliseconds session) {
    for (const SocketAddress& service : services) {
        threads_.emplace_back([this, service] { come_again(service, {}); });
        threads_.emplace_back([this, service, session] { come_again(service, session); });
    }
}

LoadCounts Load::stop() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return counts();
}

LoadCounts Load::counts() const {
    // Those that grow last first: what is in between counts as sent and not answered, never the
    // other way round.
    LoadCounts now;
    now.killed = seen_.killed;
    now.stuck = seen_.stuck;
    now.cut = seen_.cut;
    now.reset = seen_.reset;
    now.refused = seen_.refused;
    now.answered = seen_.answered;
    now.sent = seen_.sent;
    now.connections = seen_.connections;
    return now;
}

void Load::doom(const std::set<std::uint16_t>& ports) {
    const std::lock_guard held(mutex_);
    for (const std::uint16_t port : ports) doomed_[port] = Clock::now();
}

bool Load::is_doomed(const Client& client, Clock::time_point since) {
    const std::uint16_t port = local_address(client.fd()).port();
    const std::lock_guard held(mutex_);
    const auto found = doomed_.find(port);
    return found != doomed_.end() && found->second >= since;
}

void Load::come_again(const SocketAddress& service, std::chrono::milliseconds session) {
    while (!over_) {
        const auto began = Clock::now();
        try {
            Client client(service);
            ++seen_.connections;
            converse(client, began, session);
        } catch (const std::system_error&) {
            ++seen_.sent;
            ++seen_.stuck;
        }
        std::this_thread::sleep_for(pause);
    }
}

void Load::converse(Client& client, Clock::time_point began, std::chrono::milliseconds session) {
    if (client.end() == Client::End::refused) {
        ++seen_.sent;
        ++seen_.refused;
        return;
    }
    for (unsigned number = 0;; ++number) {
        const std::string text = "request " + std::to_string(number) + "\n";
        ++seen_.sent;
        client.send(text);
        const std::string answer = client.line();
        if (answer != text) {
            ++(client.end() == Client::End::reset ? seen_.reset : seen_.cut);
            if (is_doomed(client, began)) ++seen_.killed;
            return;
        }
        ++seen_.answered;
        if (over_ || Clock::now() - began >= session) break;
        std::this_thread::sleep_for(pause);
    }
    client.finish();
    client.rest();
}

}  // namespace minetd
