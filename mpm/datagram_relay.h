// SPDX-License-Identifier: ISC
// Stands between a program's datagram socket and its peers (`intercept`): each peer's datagrams go
// through a socket of its own, so that the answers to it are known for what they are. A peer's
// first datagram begins a session, which ends when neither side has said anything for idle_timeout;
// each further one is asked about too. What has to be asked elsewhere (names, libwrap) holds up
// nobody but that peer.
//
// A program may answer from a socket of its own (tftpd). Where it sees its peers' addresses it does
// so without us; where it sees ours, each such socket gets one that stands for it (a side).
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "mpm/inner_sockets.h"
#include "mpm/pending_answers.h"
#include "mpm/serving_process.h"

namespace minetd {

class DatagramRelay {
  public:
    /// Both are borrowed. Throws std::exception.
    DatagramRelay(ServingProcess& process, const InnerSockets& inner);
    ~DatagramRelay();

    /// Forwards until the process drains, and the program has taken and answered what it was sent,
    /// or has ended; also until there was nobody for `idle_life`.
    void run(Milliseconds idle_life) noexcept;

  private:
    /// A peer of one of the outer sockets.
    struct Source {
        std::size_t outer;
        SocketAddress peer;
        bool operator<(const Source& other) const noexcept;
    };
    struct Packet {
        SocketAddress local;  ///< where it came to
        std::string bytes;
    };
    /// Another socket of the program's, and the one through which it speaks with the peer.
    struct Side {
        SocketAddress program;
        UniqueFd fd;
    };
    struct Session {
        Source source;
        SocketAddress local;    ///< where its last datagram came to
        UniqueFd fd;            ///< the peer, as the program sees it
        std::list<Side> sides;  ///< the oldest first
        Claim claim = 0;
        Answers answers;
        Traffic traffic;
        std::int64_t began_us = 0;
        Milliseconds used = 0;
        bool answered = true;  ///< the program said something since it last heard from the peer
        std::list<Session>::iterator self;
    };
    using Sessions = std::list<Session>;  ///< the longest unused first
    /// What a descriptor is.
    struct Way {
        Session* session;
        Side* side;  ///< null: it is the session's own
    };
    /// Somebody is asked about the peer.
    struct Stranger {
        Source source;
        std::list<Packet> packets;
    };

    /// Errors that earlier datagrams caused are each reported once. So many in a row are another
    /// kind.
    static constexpr unsigned most_errors = 8;
    static constexpr std::size_t largest_datagram = 65536;
    static constexpr std::size_t most_sides = 4;

    bool watch(int fd, std::uint64_t tag) noexcept;
    void hear(const epoll_event& event) noexcept;
    void receive_from(std::size_t outer) noexcept;
    bool receive_one(std::size_t outer, unsigned& errors);
    void take(const Source& source, const SocketAddress& local, std::string_view bytes);
    bool ask(const Source& source, const SocketAddress& local, std::string_view bytes);
    void admit_answered() noexcept;
    Session* admit(const Source& source, const Answers& answers) noexcept;
    Session* open(const Source& source, const Answers& answers, Claim claim);
    bool is_elsewhere(const Source& source) const noexcept;
    bool goes_on(Session& session) noexcept;
    void forward(Session& session, const SocketAddress& local, std::string_view bytes) noexcept;
    void return_from(Session& session) noexcept;
    void send_back(Session& session, std::size_t size, const SocketAddress& from) noexcept;
    Side* side_for(Session& session, const SocketAddress& program) noexcept;
    void forward_from(Session& session, Side& side) noexcept;
    void touch(Session& session) noexcept;
    void end(Session& session) noexcept;
    void end_side(Session& session, std::list<Side>::iterator side) noexcept;
    void end_idle() noexcept;
    bool make_room() noexcept;
    bool finished() const noexcept;
    bool all_answered() const noexcept;
    void on_drain() noexcept;
    void update_doors() noexcept;

    ServingProcess& process_;
    const InnerSockets& inner_;
    const Milliseconds idle_limit_;
    const std::size_t most_;
    EpollSet epoll_;
    std::unique_ptr<char[]> buffer_;
    Sessions sessions_;
    std::map<Source, Session*> session_of_;
    std::unordered_map<int, Way> ways_;  ///< by descriptor
    PendingAnswers<std::shared_ptr<Stranger>> asking_;
    std::map<Source, std::shared_ptr<Stranger>> strangers_;
    std::size_t held_ = 0;  ///< bytes of strangers' datagrams
    Milliseconds now_, last_use_, paused_until_ = 0;
    bool doors_open_ = false, drained_ = false;
};

}  // namespace minetd
