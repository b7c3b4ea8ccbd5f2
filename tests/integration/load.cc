// SPDX-License-Identifier: ISC
#include "tests/integration/load.h"

#include <fmt/format.h>

#include <system_error>

#include "daemon/os/socket_address.h"

namespace minetd {
namespace {

/// Between two requests of a client: the machine has other things to do as well.
constexpr std::chrono::milliseconds pause{2};

}  // namespace

std::string table_row(const std::string& operation, unsigned count, const LoadCounts& seen) {
    return fmt::format(
        "| {:<28} | {:>3} | {:>7} connections | {:>7} sent | {:>7} answered | {} refused | {} "
        "reset "
        "| {} cut | {} stuck | {} of a killed process | {} lost |",
        operation, count, seen.connections, seen.sent, seen.answered, seen.refused, seen.reset,
        seen.cut, seen.stuck, seen.killed, seen.lost());
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
    return {.sent = seen_.sent,
            .answered = seen_.answered,
            .refused = seen_.refused,
            .reset = seen_.reset,
            .cut = seen_.cut,
            .stuck = seen_.stuck,
            .killed = seen_.killed,
            .connections = seen_.connections};
}

void Load::come_again(const SocketAddress& service, std::chrono::milliseconds session) {
    while (!over_) {
        const auto began = Clock::now();
        try {
            Client client(service);
            ++seen_.connections;
            converse(client, began, session);
        } catch (const std::system_error&) {
            // It is not let in, or does not end.
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
        std::string answer;
        try {
            client.send(text);
            answer = client.line();
        } catch (const std::system_error&) {
            ++seen_.stuck;
            return;
        }
        if (answer != text) {
            ++(client.end() == Client::End::reset ? seen_.reset : seen_.cut);
            if (doomed_.contains(local_address(client.fd()).port(), began)) ++seen_.killed;
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
