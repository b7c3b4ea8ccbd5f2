// SPDX-License-Identifier: ISC
// What the inquirer has to wait for the resolver or for libwrap for. Each look-up is made by a
// child of its own, one after the other, so that a slow name server holds up only who needs it: a
// child that takes too long is killed, which no thread could be. Names are remembered for a while;
// what libwrap says is not.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/os/channel.h"
#include "daemon/os/event_loop.h"
#include "daemon/policy/address_bits.h"

namespace minetd {

/// Plain data: it crosses processes.
struct Lookup {
    enum class Kind : std::uint8_t { name, addresses, libwrap } kind = Kind::name;
    SocketAddress peer;      ///< whose name; whom libwrap is asked about
    SocketAddress local;     ///< for libwrap
    char subject[256] = {};  ///< the host whose addresses; libwrap's name of the service

    /// False when it does not fit.
    bool set_subject(const std::string& text) noexcept;
    /// Equal look-ups have equal keys.
    std::string key() const;
};

/// Plain data, too. All of it is empty where nothing was found.
struct Finding {
    static constexpr unsigned most = 64;

    bool admitted = false;  ///< by libwrap
    bool more = false;      ///< there are more addresses than these
    std::uint8_t count = 0;
    char name[256] = {};  ///< of the peer; of the file that libwrap may not read
    AddressBits addresses[most];

    std::vector<AddressBits> list() const {
        return {addresses, addresses + std::min<unsigned>(count, most)};
    }
};

class Lookups {
  public:
    /// Of each kind, so that slow ones of one kind leave the others alone.
    static constexpr unsigned most_at_once = 16;
    static constexpr std::size_t most_waiting = 1024, most_remembered = 4096;
    static constexpr Milliseconds remember_found = 60'000, remember_nothing = 10'000;

    explicit Lookups(EventLoop& loop);
    ~Lookups();
    Lookups(const Lookups&) = delete;
    Lookups& operator=(const Lookups&) = delete;

    using Take = std::function<void(const Finding&)>;
    /// `take` is called once: now, if the answer is known, else from the loop. Nothing was found
    /// also where nobody could look in time.
    void find(const Lookup& lookup, Take take);

    /// After SIGCHLD.
    void reap() noexcept;

  private:
    struct Entry {
        Lookup lookup;
        Finding finding;
        Milliseconds until = 0;     ///< forgotten then; while it is looked up: given up then
        std::vector<Take> waiting;  ///< not empty: it is being looked up
    };
    struct Child {
        pid_t pid = 0;
        Channel channel;
        std::unique_ptr<FdEvent> event;
        std::string key;  ///< of the look-up it makes; empty: idle
        Milliseconds until = 0;
    };

    /// Look-ups of one kind.
    struct Line {
        std::deque<std::string> keys;  ///< of those that nobody makes yet
        unsigned at_once = 0;
    };
    Line& line_of(const Entry& entry) noexcept {
        return lines_[static_cast<std::size_t>(entry.lookup.kind)];
    }

    void assign() noexcept;
    bool assign(Line& line) noexcept;
    Child* idle_child() noexcept;
    Child* start_child() noexcept;
    void listen(Child& child) noexcept;
    /// The look-up that a child made is over; its key.
    std::string take_back(Child& child) noexcept;
    void conclude(const std::string& key, const Finding& finding, bool remember) noexcept;
    void forget_some() noexcept;
    void on_tick() noexcept;
    void drop(Child& child) noexcept;

    EventLoop& loop_;
    std::unordered_map<std::string, Entry> entries_;
    Line lines_[3];  ///< by Lookup::Kind
    std::vector<std::unique_ptr<Child>> children_;
    Timer tick_;
    std::uint64_t last_ = 0;  ///< distinguishes what is not remembered
};

}  // namespace minetd
