// SPDX-License-Identifier: ISC
// All boards of the daemon, in the root process: whose they are, what remains of those whose
// processes have ended, and who shows them. Of what servers can write it reads numbers only, and
// acts on none.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/config/service_spec.h"
#include "daemon/os/shared_memory.h"
#include "mpm/board_set.h"
#include "mpm/handed_over.h"

namespace minetd {

class BoardRegistry {
  public:
    BoardRegistry();

    // -- those whose service has a board
    /// Who can make a board for a service that has none so far.
    class Owner {
      public:
        virtual ~Owner() = default;
        /// Somebody wants to see it.
        virtual void show_board() noexcept = 0;
        /// Adds what it has counted and no board shows.
        virtual void count_hidden(std::map<std::string, Scoreboard::Totals>& sums) const {
            (void)sums;
        }
    };
    /// Shows at once, or as soon as anybody looks.
    void enlist(Owner& owner);
    void dismiss(Owner& owner) noexcept;

    /// A process begins to count here, from what those before it left. Null memory: there is no
    /// process yet. Returns the board's number; 0 when there is no memory for it.
    std::uint32_t add(BoardCard card, const std::string& service,
                      std::shared_ptr<SharedMemory> memory) noexcept;
    /// Its process has ended. What it counted goes to its successor; until there is one the board
    /// stays, as one of nobody.
    void retire(std::uint32_t number) noexcept;
    /// The service is no more.
    void forget(const std::string& service) noexcept;
    /// What each service has counted, all its processes together.
    std::map<std::string, Scoreboard::Totals> totals() const;
    /// What it had counted in a former life of the daemon, before it is made: it goes on from
    /// there.
    void recall(const std::string& service, const Scoreboard::Totals& totals);
    bool recalls(const std::string& service) const noexcept { return recalled_.contains(service); }
    /// The same, once, for who counts without a board.
    Scoreboard::Totals take_recalled(const std::string& service) noexcept;
    bool has(const std::string& service) const noexcept { return of_service_.contains(service); }
    /// The service's processes are in this cgroup, whose directory is borrowed; -1: none.
    void set_cgroup(const std::string& service, int directory) noexcept;

    // -- an upgrade in place
    /// Boards of processes, and of those that had processes. Descriptors are borrowed.
    HandedBoards hand_over() const;
    /// A former image's boards, under their numbers; before anybody else adds one. A board whose
    /// memory is not what it should be is left out.
    void take_over(HandedBoards& handed);

    // -- those who show them
    class Reader {
      public:
        virtual ~Reader() = default;
        virtual void boards_changed() noexcept = 0;
    };
    void begin_reading(Reader& reader);
    void end_reading(Reader& reader) noexcept;
    const BoardSet& boards() const noexcept { return set_; }
    /// The configuration was loaded anew.
    void count_load() noexcept;

    /// What pools and processes of builtins do now, by their own account.
    struct Use {
        std::uint64_t sessions = 0;
        std::size_t full_pools = 0;
    };
    Use use() const noexcept;

  private:
    struct Held {
        std::shared_ptr<SharedMemory> memory;
        bool lives = false;  ///< its process does
    };
    void put(const std::string& service, SharedBoard board, Held held);
    void drop(std::uint32_t number) noexcept;
    Scoreboard::Totals totals_of(std::uint32_t number) const;
    void tell() noexcept;

    BoardSet set_;
    std::map<std::uint32_t, Held> held_;
    std::map<std::string, std::vector<std::uint32_t>, std::less<>> of_service_;  ///< older first
    std::map<std::string, Scoreboard::Totals> recalled_;
    std::uint32_t last_ = 0;
    std::vector<Owner*> owners_;
    std::vector<Reader*> readers_;
};

/// What is known of a service's board before its process is. `size` as its process will map it.
BoardCard card_of(const ServiceSpec& spec, BoardCard::Kind kind, BoardSize size);

}  // namespace minetd
