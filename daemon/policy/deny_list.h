// SPDX-License-Identifier: ISC
// Who touched a sensor, and for how long no service serves him: memory that the root process writes
// and every process that accepts reads. It is of one size: of more peers than it holds, those whose
// time ends first are forgotten first.
#pragma once

#include <memory>
#include <vector>

#include "daemon/os/clock.h"
#include "daemon/os/shared_memory.h"
#include "daemon/policy/source.h"

namespace minetd {

/// The readers' side. Asking is a few loads, of nobody's lock: any thread may, and a child on
/// borrowed memory.
class DeniedPeers {
  public:
    struct Table;

    /// Both are borrowed; `readable` is what a forked child maps.
    DeniedPeers(const Table& table, int readable) noexcept : table_(&table), fd_(readable) {}

    /// A peer without an IP address is not.
    bool contain(const SocketAddress& peer, Milliseconds now) const noexcept;

    int fd() const noexcept { return fd_; }
    /// In a forked child that accepts. Throws std::system_error.
    void remap();

  private:
    const Table* table_;
    int fd_;
};

/// The writer's side: one per daemon, in the root process.
class DenyList {
  public:
    /// How many peers it holds at most.
    static constexpr unsigned capacity = 10'240;

    DenyList();  ///< throws std::system_error; /proc is needed
    /// A former image's, with whoever is in it. Throws std::exception.
    explicit DenyList(UniqueFd memory);

    int fd() const noexcept { return memory_.fd(); }
    /// Size of the memory: another layout has another.
    static std::size_t bytes() noexcept;

    enum class Outcome { added, renewed, full };
    /// The peer's source is refused until `minutes` (not deny_never) from now, or for longer if it
    /// is already. Full: its place is taken by peers that are refused for ever.
    Outcome deny(const Source& source, const SourcePrefix& prefix, Milliseconds now,
                 unsigned minutes) noexcept;

    /// One of them, as the next life of the daemon is told.
    struct Denial {
        AddressBits address;  ///< a prefix: the other bits are zero
        unsigned length = 0;
        Milliseconds until = 0;  ///< for_ever, or a time of the monotonic clock
        bool operator==(const Denial&) const = default;
    };
    static constexpr Milliseconds for_ever = Milliseconds{1} << 54;
    /// Those that are in force.
    std::vector<Denial> denials(Milliseconds now) const;
    Outcome recall(const Denial& denial, Milliseconds now) noexcept;

    const std::shared_ptr<DeniedPeers>& peers() const noexcept { return peers_; }

  private:
    void share();
    DeniedPeers::Table& table() const noexcept {
        return *static_cast<DeniedPeers::Table*>(memory_.address());
    }

    SharedMemory memory_;
    UniqueFd readable_;
    std::shared_ptr<DeniedPeers> peers_;
};

}  // namespace minetd
