// SPDX-License-Identifier: ISC
// `nowait` with a program: accept, admit, start. Every connection gets a program of its own.
#pragma once

#include <unistd.h>

#include <deque>
#include <unordered_map>

#include "mpm/dispatcher.h"
#include "mpm/pending_answers.h"
#include "mpm/program_board.h"

namespace minetd {

class Nowait : public Dispatcher, private ChildOwner, private ProgramBoard::Starter {
  public:
    Nowait(Runtime& runtime, Assignment assignment);

    void serve(std::vector<ListeningSocket> sockets) override;
    void stop_accepting() noexcept override;
    unsigned sessions() const noexcept override {
        return static_cast<unsigned>(sessions_.size() + waiting_.size() +
                                     (asking_ ? asking_->connections.size() : 0));
    }
    void signal_sessions(int signal) noexcept override;
    void adopt(Assignment assignment, bool new_servers) override;
    bool take(UniqueFd& connection, std::string_view greeting) noexcept override;
    HandedDispatcher hand_over() noexcept override;
    void take_over(HandedDispatcher& handed, const std::vector<ListeningSocket>& sockets) override;

  private:
    struct Session {
        Launcher::Ticket ticket;
        Claim claim = 0;
        std::int64_t began_us = 0;
        SocketAddress peer;
        Launcher::Failure failure{};  ///< already known; of a former image's start
    };
    /// Accepted, and not served yet: the system had no process for it, or `overflow = queue`.
    struct Waiting {
        UniqueFd connection;
        SocketAddress peer, local;
        bool local_known = false;
        bool asked = false;  ///< what had to be asked about the peer was
        bool admitted = false;
        Answers answers;
        std::string greeting;
        Claim claim = 0;
    };
    struct Door {
        ListeningSocket socket;
        std::unique_ptr<FdEvent> event;
    };
    enum class Outcome { served, refused, later, asking };

    void on_exit(const Exit& exit) noexcept override;
    void show_sessions(ProgramBoard& board) noexcept override;
    /// Serves a batch; returns how many there were (at most).
    int on_readable(const ListeningSocket& socket) noexcept;
    /// Null: whoever asks is let in.
    const Guard* admit(Waiting& connection) noexcept;
    Outcome refuse(const Waiting& connection, const Guard& guard) noexcept;
    Outcome admit_and_start(Waiting& connection) noexcept;
    /// True: somebody is asked about the peer, and until he answers the connection waits there.
    bool ask(Waiting& connection) noexcept;
    void hear_answers() noexcept;
    void await_answers() noexcept;
    void retry_waiting() noexcept;
    void back_off(const char* what, int error) noexcept;
    void update_doors() noexcept;
    bool full() const noexcept;
    bool alone() const noexcept;

    Runtime& runtime_;
    const pid_t self_ = ::getpid();  ///< asked once, not for every client
    Assignment job_;
    ProgramBoard board_;
    std::vector<Door> doors_;
    std::unordered_map<pid_t, Session> sessions_;
    unsigned claims_ = 0;  ///< sessions that the ledger counts
    std::deque<Waiting> waiting_;
    /// Made when somebody is asked about for the first time.
    struct Asking {
        explicit Asking(Nowait& owner);
        PendingAnswers<Waiting> connections;
        FdEvent answer;
        Timer give_up;
    };
    std::unique_ptr<Asking> asking_;
    Timer retry_;
    Milliseconds delay_ = 0;  ///< of the last back-off, until something was served; 0: none
    bool blocked_ = false;    ///< a back-off is running
    int take_ = 1;  ///< connections to take from a socket in one turn; grows while they keep coming
    bool accepting_ = false;
};

}  // namespace minetd
