// SPDX-License-Identifier: ISC
// What the servers of a pool tell of themselves, in memory that they share with their keeper and
// that a status page may read. It is for statistics and for counting: pids and which places are
// taken are the keeper's own, so a lie costs at most a wrong number of spares. States and letters
// are those of Apache's scoreboard (mod_status).
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "daemon/os/clock.h"
#include "daemon/os/socket_address.h"

namespace minetd {

enum class WorkerState : char {
    dead = '.',
    starting = 'S',
    ready = '_',
    reading = 'R',    ///< a connection is there, its request not yet
    writing = 'W',    ///< it is being served
    keepalive = 'K',  ///< it is between two requests
    closing = 'C',    ///< only the peer's end is waited for
};

/// How many places a board has.
struct BoardSize {
    unsigned servers = 1;
    unsigned threads = 1;  ///< of each server
    std::size_t bytes() const noexcept;
};

class Scoreboard {
  public:
    struct Head;

    /// A truth value in memory that others can write: whatever is there is one of the two.
    class Flag {
      public:
        bool load(std::memory_order order) const noexcept { return value_.load(order) != 0; }
        void store(bool value, std::memory_order order) noexcept { value_.store(value, order); }
        bool exchange(bool value, std::memory_order order) noexcept {
            return value_.exchange(value, order) != 0;
        }

      private:
        std::atomic<std::uint8_t> value_;
    };

    /// One process. The server writes, the keeper resets.
    struct alignas(64) ServerLine {
        std::atomic<pid_t> pid;
        std::atomic<std::uint32_t> threads;  ///< workers it has, or stands for
        Flag accepting;                      ///< else its idle threads are nobody's spares
        Flag retiring;                       ///< wants a successor: it will soon take no more
        Flag leaving;                        ///< was told to go
        std::atomic<std::uint32_t> connections, waiting, writing, keepalive, closing;
        std::atomic<Milliseconds> began;
    };
    /// One thread; what is not atomic is a text for the status page and may be torn.
    struct alignas(64) ThreadLine {
        std::atomic<WorkerState> state;
        std::atomic<std::uint32_t> steps;  ///< of the handler: odd while it is in one
        std::atomic<std::uint64_t> accesses, requests, bytes;  ///< connections; requests; sent
        std::atomic<Milliseconds> began, ended;                ///< of the last connection
        std::atomic<std::uint64_t> busy;                       ///< milliseconds of all of them
        unsigned char peer[28];                                ///< sockaddr_in or sockaddr_in6
        socklen_t peer_length;
    };
    struct Totals {
        std::uint64_t accesses = 0, requests = 0, bytes = 0;
        std::uint64_t busy = 0;     ///< milliseconds
        std::uint64_t refused = 0;  ///< connections, for whatever reason
        void add(const Totals& other) noexcept;
    };

    /// Maps a zeroed memory file of size.bytes(); shared with whatever this process forks from now
    /// on. Throws std::system_error.
    Scoreboard(int fd, BoardSize size, bool writable = true);
    ~Scoreboard();
    Scoreboard(const Scoreboard&) = delete;
    Scoreboard& operator=(const Scoreboard&) = delete;

    /// Processes forked from now on do not inherit this mapping.
    void keep_private() noexcept;

    unsigned servers() const noexcept { return size_.servers; }
    unsigned threads() const noexcept { return size_.threads; }
    ServerLine& server(unsigned server) const noexcept;
    ThreadLine& thread(unsigned server, unsigned thread) const noexcept;

    // -- the keeper
    /// A server is about to start that has, or stands for, so many workers.
    void occupy(unsigned server, unsigned workers) noexcept;
    /// It is gone: what it counted is kept, what its killed threads left in the account is mended.
    void vacate(unsigned server) noexcept;
    struct Workers {
        unsigned idle = 0, busy = 0, starting = 0;
        bool began() const noexcept { return idle + busy > 0; }
    };
    Workers count(unsigned server) const noexcept;
    /// Idle workers at which one that goes busy speaks up.
    void set_alarm(int idle_workers, int event_fd) noexcept;
    /// Idle workers by the servers' own account.
    int idle_count() const noexcept;
    /// Mends what a killed server left wrong: `counted` is the truth as long as the account is
    /// still what it was `before` the counting.
    void correct_idle(int before, int counted) noexcept;
    /// The keeper has heard: the next server that takes a last spare speaks up again.
    void clear_alarm() noexcept;
    /// No further server will come: who is full must make room by itself.
    void set_exhausted(bool exhausted) noexcept;
    /// Connections that were turned away.
    void note_refused(std::uint64_t count = 1) noexcept;
    /// The queue of the listening sockets as the kernel tells it.
    void note_backlog(unsigned now) noexcept;

    // -- a server; safe on borrowed memory: raw system calls only
    void idle(unsigned server, unsigned thread = 0) noexcept;
    /// A connection was accepted.
    void accessed(unsigned server, unsigned thread = 0) noexcept;
    /// The last idle worker to go busy wakes the keeper; `always` wakes it in any case.
    void busy(unsigned server, unsigned thread = 0, bool always = false) noexcept;
    /// A worker that was idle is no more.
    void gone(unsigned server, unsigned thread) noexcept;
    void note_peer(unsigned server, unsigned thread, const SocketAddress& peer) noexcept;
    /// The workers of a server that takes no more connections are nobody's spares.
    void set_accepting(unsigned server, bool accepting) noexcept;
    void set_retiring(unsigned server) noexcept;
    bool exhausted() const noexcept;
    /// Wakes the keeper, once until it has heard.
    void wake() noexcept;

    // -- whoever shows it
    Totals totals() const noexcept;
    /// They are another board's from now on. Nobody counts here any more.
    Totals take_totals() noexcept;
    /// Of the server that is in this place now.
    Totals totals_of(unsigned server) const noexcept;
    unsigned backlog() const noexcept;
    unsigned backlog_peak() const noexcept;
    /// Counts of those who were here before, to be shown with these; for the parent.
    void set_base(const Totals& base) noexcept;

  private:
    Head& head() const noexcept { return *head_; }

    BoardSize size_;
    Head* head_;
};

}  // namespace minetd
