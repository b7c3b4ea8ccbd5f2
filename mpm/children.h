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
    virtual void on_exit(const Exit& exit) noexcept = 0;
};

class Children {
  public:
    void add(pid_t pid, ChildOwner& owner) { owners_[pid] = &owner; }
    /// The owner goes away before the child does; its end will be nobody's.
    void forget(pid_t pid) noexcept { owners_.erase(pid); }
    std::size_t count() const noexcept { return owners_.size(); }

    /// Reaps whatever has ended and tells the owners; the ends of adopted orphans go to `stranger`.
    template <class Stranger>
    void reap_all(Stranger&& stranger) noexcept {
        for (Exit exit = reap(); exit.pid != 0; exit = reap()) {
            const auto found = owners_.find(exit.pid);
            if (found == owners_.end()) {
                stranger(exit);
                continue;
            }
            ChildOwner* const owner = found->second;
            owners_.erase(found);
            owner->on_exit(exit);
        }
    }

  private:
    std::unordered_map<pid_t, ChildOwner*> owners_;
};

}  // namespace minetd
