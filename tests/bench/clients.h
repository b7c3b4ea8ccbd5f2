// SPDX-License-Identifier: ISC
// The clients of a load: connections of one thread on one epoll, each in an exchange.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/os/unique_fd.h"
#include "tests/bench/client_load.h"
#include "tests/bench/latency.h"

namespace minetd::bench {

class Clients {
  public:
    using Clock = std::chrono::steady_clock;

    /// Keeps a reference. Throws std::system_error where there are no sockets, as all do.
    explicit Clients(const Load& load);

    void start();

    /// Serves events until `until`, or until there have been enough exchanges, or until the only
    /// one has been had by everybody.
    void run(Clock::time_point until, bool counted);

    /// Handles what has come meanwhile, without waiting.
    void look();

    /// Each has one exchange only.
    bool once() const { return load_.once || load_.exchange == Exchange::hold; }
    bool everybody_answered() const { return once() && answered_ == clients_.size(); }
    /// Those that had their one exchange and still have the connection.
    std::size_t connected() const;

    /// Clients that have waited for a second or longer.
    unsigned stuck(Clock::time_point now) const;

    Latency latency;
    std::uint64_t errors = 0;
    std::string first_error;

  private:
    static constexpr std::size_t line_size = 64;

    struct Client {
        UniqueFd socket;
        Clock::time_point started;
        std::array<char, line_size> line{};
        std::string answer;  ///< Exchange::ask: what has come of it
        std::size_t received = 0;
        bool sent = false;
        bool answered = false;  ///< this client has had its one exchange
    };

    void handle(int milliseconds);
    // All stay for the same time, so the first to come is the first to leave.
    void leave(Clock::time_point now);
    bool enough() const;
    void begin(Client& client);
    void bind_source(int fd);
    void step(Client& client, std::uint32_t events);
    bool say(Client& client);
    // Neither a line nor a request is longer than an empty socket buffer.
    bool send_all(Client& client, std::string_view bytes);
    void read_answer(Client& client);
    void read_to_the_end(Client& client, std::uint32_t events);
    // Every line is another one, so that a reply meant for somebody else cannot pass.
    bool send_line(Client& client);
    void read_line(Client& client);
    void next_line(Client& client);
    void next_connection(Client& client);
    void finish(Client& client);
    void succeed(const Client& client);
    // An exchange that fails before the count starts is an error as well: a server must not need
    // warming up to be right. Who has one exchange does not come back, everybody else tries again.
    void fail(Client& client, const char* what);

    const Load& load_;
    UniqueFd epoll_;
    std::vector<Client> clients_;
    std::uint64_t lines_ = 0;
    std::size_t answered_ = 0;
    std::deque<std::pair<Clock::time_point, Client*>> staying_;  ///< until when
    unsigned next_source_ = 0;
    bool counted_ = false;
};

}  // namespace minetd::bench
