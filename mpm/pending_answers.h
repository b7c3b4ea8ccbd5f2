// SPDX-License-Identifier: ISC
// Connections that wait until the inquirer has answered, beside an event loop that goes on. The
// first to be answered comes out first. Not for several threads at once: the caller's lock.
#pragma once

#include <list>
#include <optional>
#include <utility>

#include "daemon/policy/inquiry.h"
#include "mpm/serving_process.h"

namespace minetd {

template <class Connection>
class PendingAnswers {
  public:
    /// More than so many are not asked about: nobody knows them.
    static constexpr std::size_t most = 512;

    /// Readable when an answer has come.
    int fd() const noexcept { return epoll_.fd(); }
    std::size_t size() const noexcept { return entries_.size(); }
    bool empty() const noexcept { return entries_.empty(); }
    /// When take() will give somebody up, in monotonic milliseconds; 0: never.
    Milliseconds due() const noexcept { return empty() ? 0 : entries_.front().until; }

    /// False, and the connection is still the caller's, when it cannot wait here. `reply` is owned
    /// from now on. Those who come later wait no less long.
    bool add(Connection& connection, UniqueFd reply, Milliseconds until) {
        if (!reply || entries_.size() >= most) return false;
        const int fd = reply.get();
        entries_.push_back({std::move(connection), std::move(reply), until, {}});
        Entry& entry = entries_.back();
        entry.self = std::prev(entries_.end());
        if (epoll_.change(EPOLL_CTL_ADD, fd, EPOLLIN, &entry)) return true;
        connection = std::move(entry.connection);
        entries_.pop_back();
        return false;
    }

    /// Calls `see(connection)` for each that waits.
    template <class See>
    void each(See&& see) const {
        for (const Entry& entry : entries_) see(entry.connection);
    }

    struct Answered {
        Connection connection;
        Answers answers;
    };
    /// One whose answer has come, or whose time is over.
    std::optional<Answered> take(Milliseconds now) {
        Answers answers;
        epoll_event event;
        while (::epoll_wait(epoll_.fd(), &event, 1, 0) > 0) {
            Entry& entry = *static_cast<Entry*>(event.data.ptr);
            if (Inquiry::hear(entry.reply.get(), answers) == Inquiry::Heard::answer)
                return remove(entry, answers);
        }
        if (empty() || now < due()) return std::nullopt;
        return remove(entries_.front(), {});
    }

  private:
    struct Entry {
        Connection connection;
        UniqueFd reply;
        Milliseconds until;
        typename std::list<Entry>::iterator self;
    };

    Answered remove(Entry& entry, const Answers& answers) {
        epoll_.remove(entry.reply.get());
        Answered answered{std::move(entry.connection), answers};
        entries_.erase(entry.self);
        return answered;
    }

    EpollSet epoll_;
    std::list<Entry> entries_;
};

}  // namespace minetd
