// SPDX-License-Identifier: ISC
// Clients that never stop coming, and count what becomes of them: short connections one after the
// other, and sessions that talk all the time they last.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/client.h"
#include "tests/integration/doomed.h"

namespace minetd {

/// What the clients saw, in requests: each is answered, or ended in one of these ways.
struct LoadCounts {
    std::uint64_t sent = 0, answered = 0;
    std::uint64_t refused = 0;  ///< nobody listened
    std::uint64_t reset = 0;
    std::uint64_t cut = 0;     ///< the connection ended without an answer
    std::uint64_t stuck = 0;   ///< neither an answer nor an end came
    std::uint64_t killed = 0;  ///< of these: a process that was killed held the connection
    std::uint64_t connections = 0;

    std::uint64_t lost() const { return sent - answered - killed; }
};

/// A line of the table that tells what an operation, done so often, did to them.
std::string table_row(const std::string& operation, unsigned count, const LoadCounts& seen);

class Load {
  public:
    /// At each of these addresses one client with short connections, and one with sessions of this
    /// length. They echo what they are sent, line by line.
    Load(std::span<const SocketAddress> services, std::chrono::milliseconds session);
    ~Load() { stop(); }
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Every request that was sent ends first.
    LoadCounts stop();
    /// These connections, by the clients' ports, go with a process that is about to be killed.
    void doom(const std::set<std::uint16_t>& ports) { doomed_.add(ports); }

  private:
    using Clock = Doomed::Clock;
    struct Seen {
        std::atomic<std::uint64_t> sent{0}, answered{0}, refused{0}, reset{0}, cut{0}, stuck{0},
            killed{0}, connections{0};
    };

    void come_again(const SocketAddress& service, std::chrono::milliseconds session);
    void converse(Client& client, Clock::time_point began, std::chrono::milliseconds session);

    Seen seen_;
    std::atomic<bool> over_{false};
    Doomed doomed_;
    std::vector<std::thread> threads_;
};

}  // namespace minetd
