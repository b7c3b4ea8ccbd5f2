// SPDX-License-Identifier: ISC
// Which child belongs to whom. This process alone reaps its children, on one thread, so a pid in
// here cannot mean a stranger: it is not free for reuse before it was taken out.
#pragma once

#include <sys/types.h>

#include <unordered_map>

#include "daemon/os/process.h"

namespace minetd {

/// Whoever started a child and wants to know of its end.
class ChildOwner {
  public:
    virtual ~ChildOwner() = default;
    /// It has ended and is not reaped yet: the last moment at which its pid cannot be another's.
    virtual void on_end(pid_t) noexcept {}
    virtual void on_exit(const Exit& exit) noexcept = 0;
};

class Children {
  public:
    void add(pid_t pid, ChildOwner& owner) { owners_[pid] = &owner; }
    /// The owner goes away before the child does; its end will be nobody's.
    void forget(pid_t pid) noexcept { owners_.erase(pid); }
    std::size_t count() const noexcept { return owners_.size(); }

    /// Reaps whatever has ended and tells the owners.
    void reap_all() noexcept {
        for (Exit exit = reap(); exit.pid != 0; exit = reap()) tell(exit);
    }
    /// As reap_all(), and tells of each end before the reaping too; the ends of adopted orphans go
    /// to `stranger`.
    template <class Stranger>
    void reap_all(Stranger&& stranger) noexcept {
        for (pid_t pid = ended_child(); pid != 0; pid = ended_child()) {
            const auto found = owners_.find(pid);
            if (found != owners_.end())
                found->second->on_end(pid);
            else
                stranger(pid);
            tell(reap(pid));
        }
    }

  private:
    void tell(const Exit& exit) noexcept {
        const auto found = owners_.find(exit.pid);
        if (found == owners_.end()) return;
        ChildOwner* const owner = found->second;
        owners_.erase(found);
        owner->on_exit(exit);
    }

    std::unordered_map<pid_t, ChildOwner*> owners_;
};

}  // namespace minetd
