// SPDX-License-Identifier: ISC
// Datagrams that wait until the inquirer has said what their host's admission needs, beside a loop
// that serves the others. A host is asked about once for all of its datagrams on a socket, and they
// come out in the order in which they came. Not for several threads at once: the caller's lock.
#pragma once

#include <sys/socket.h>

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>

#include "mpm/pending_answers.h"

namespace minetd {

/// A datagram as it came.
struct ReceivedDatagram {
    int socket = -1;
    SocketAddress peer;
    std::string_view payload;
    /// The ancillary data with which an answer comes from the address that this one went to.
    alignas(cmsghdr) char control[64] = {};
    std::size_t control_size = 0;
};

/// One that keeps its payload itself.
class HeldDatagram {
  public:
    explicit HeldDatagram(const ReceivedDatagram& from) : bytes_(from.payload), datagram_(from) {}
    /// Valid as long as this is, where it is.
    const ReceivedDatagram& get() noexcept {
        datagram_.payload = bytes_;
        return datagram_;
    }
    std::size_t size() const noexcept { return sizeof *this + bytes_.size(); }

  private:
    std::string bytes_;
    ReceivedDatagram datagram_;
};

class HeldDatagrams {
  public:
    /// What is kept at most: of one host, of all, and bytes of all.
    static constexpr std::size_t most_of_host = 32, most = 512, most_bytes = 1024 * 1024;

    /// Readable when an answer has come.
    int fd() const noexcept { return questions_.fd(); }
    /// Nobody is asked, and so nothing waits.
    bool empty() const noexcept { return questions_.empty(); }
    /// When take() will give a host up, in monotonic milliseconds; 0: never.
    Milliseconds due() const noexcept { return questions_.due(); }

    /// Sets aside what comes from a host that is asked about; false where it is not.
    bool join(const ReceivedDatagram& datagram);
    /// Sets aside the first of a host, about which the answer comes through `reply`; false where
    /// that cannot be.
    bool add(const ReceivedDatagram& datagram, UniqueFd reply, Milliseconds until);
    /// The oldest of the host, or of all, when with this one, the latest, there are too many; for
    /// as long as there are.
    std::optional<HeldDatagram> overflow(const ReceivedDatagram& latest);

    struct Answered {
        std::deque<HeldDatagram> datagrams;  ///< of one host, as they came
        Answers answers;
    };
    /// Those about whose host the answer has come, or its time is over.
    std::optional<Answered> take(Milliseconds now);

  private:
    struct Host;
    struct Waiting {
        HeldDatagram datagram;
        Host* host;
    };
    /// The socket, and the address without the port.
    using Key = std::tuple<int, std::uint32_t, std::uint64_t, std::uint64_t>;
    struct Host {
        Key key;
        std::deque<std::list<Waiting>::iterator> datagrams;
    };

    static Key key_of(const ReceivedDatagram& datagram) noexcept;
    void append(Host& host, const ReceivedDatagram& datagram);
    HeldDatagram remove_first(Host& host);

    PendingAnswers<std::unique_ptr<Host>> questions_;
    std::map<Key, Host*> hosts_;  ///< those that are asked about
    std::list<Waiting> waiting_;  ///< as they came
    std::size_t bytes_ = 0;
};

}  // namespace minetd
