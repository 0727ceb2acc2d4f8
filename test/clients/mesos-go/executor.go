/**
 * A custom executor on mesos-go: many tasks in one process, each as its data says, until it is shut down.
 *
 * A task with the data `finish` runs and is finished, `hold` runs until it is killed, and one with
 * `finish-while-away` is finished when the agent is lost, so that its update can only be told with the next
 * subscription. What it was sent it says back. It keeps what the agent has not acknowledged, and what is of a
 * task with the data `deaf`, for which it hears no acknowledgement.
 */

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/mesos/mesos-go/api/v1/lib"
	"github.com/mesos/mesos-go/api/v1/lib/executor"
	"github.com/mesos/mesos-go/api/v1/lib/executor/calls"
	"github.com/mesos/mesos-go/api/v1/lib/executor/config"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli"
	"github.com/mesos/mesos-go/api/v1/lib/httpcli/httpexec"
	"github.com/pborman/uuid"
)

var errShutdown = errors.New("shut down")

type taskRunner struct {
	sender calls.Sender
	// Of this process and no other: in containers of their own, all would have the same pid.
	self string
	id   mesos.ExecutorID
	// What it was told that it is, and how often.
	named      string
	subscribed int
	running    map[string]mesos.TaskInfo
	tasks      map[string]mesos.TaskInfo
	updates    map[string]executor.Call_Update
	mutex      sync.Mutex
}

func runExecutor(o options, _ []string) error {
	environment, err := config.FromEnv()
	if err != nil {
		return err
	}
	say(line{"environment": environment})
	token := os.Getenv("MESOS_EXECUTOR_AUTHENTICATION_TOKEN")
	client := httpcli.New(
		httpcli.Endpoint("http://"+environment.AgentEndpoint+"/api/v1/executor"),
		httpcli.Codec(codecOf(o.codec)),
		httpcli.Do(httpcli.With(httpcli.Timeout(15*time.Second))),
		httpcli.RequestOptions(httpcli.Header("Authorization", "Bearer "+token)),
	)
	r := &taskRunner{
		sender: calls.SenderWith(httpexec.NewSender(client.Send),
			calls.Framework(environment.FrameworkID), calls.Executor(environment.ExecutorID)),
		self:    "process " + uuid.New(),
		id:      mesos.ExecutorID{Value: environment.ExecutorID},
		running: map[string]mesos.TaskInfo{},
		tasks:   map[string]mesos.TaskInfo{},
		updates: map[string]executor.Call_Update{},
	}
	lostAt := time.Now()
	for {
		before := r.subscribed
		err = r.subscribe(context.Background())
		if errors.Is(err, errShutdown) {
			return nil
		}
		if r.subscribed > before {
			lostAt = time.Now()
			r.onLost()
		}
		say(line{"lost": textOf(err)})
		if !environment.Checkpoint || time.Since(lostAt) > environment.RecoveryTimeout {
			return fmt.Errorf("the agent did not come back: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func (r *taskRunner) subscribe(ctx context.Context) error {
	response, err := r.sender.Send(ctx, calls.NonStreaming(calls.Subscribe(r.unacknowledged())))
	if response != nil {
		defer response.Close()
	}
	for err == nil {
		var event executor.Event
		if err = response.Decode(&event); err == nil {
			err = r.onEvent(ctx, &event)
		}
	}
	return err
}

func (r *taskRunner) unacknowledged() (tasks []mesos.TaskInfo, updates []executor.Call_Update) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, task := range r.tasks {
		tasks = append(tasks, task)
	}
	for _, update := range r.updates {
		updates = append(updates, update)
	}
	// In the order in which they happened: of one task, RUNNING is before FINISHED.
	sort.Slice(updates, func(a, b int) bool {
		return updates[a].Status.GetTimestamp() < updates[b].Status.GetTimestamp()
	})
	say(line{"subscribing": r.subscribed + 1, "tasks": len(tasks), "updates": len(updates)})
	return tasks, updates
}

func (r *taskRunner) onEvent(ctx context.Context, e *executor.Event) error {
	say(line{"event": e.GetType().String()})
	switch e.GetType() {
	case executor.Event_SUBSCRIBED:
		r.subscribed++
		s := e.GetSubscribed()
		r.named = fmt.Sprintf("executor %s framework %s agent %s",
			s.ExecutorInfo.ExecutorID.Value, s.FrameworkInfo.Name, s.AgentInfo.GetID().GetValue())
		r.tell(ctx, "subscribed")
	case executor.Event_LAUNCH:
		r.onLaunch(ctx, e.GetLaunch().Task)
	case executor.Event_KILL:
		r.onKill(ctx, e.GetKill().TaskID.Value)
	case executor.Event_ACKNOWLEDGED:
		id := e.GetAcknowledged().TaskID.Value
		if string(r.running[id].Data) == "deaf" {
			return nil
		}
		r.mutex.Lock()
		delete(r.updates, uuid.UUID(e.GetAcknowledged().GetUUID()).String())
		delete(r.tasks, id)
		r.mutex.Unlock()
	case executor.Event_MESSAGE:
		r.tell(ctx, "heard "+string(e.GetMessage().GetData()))
	case executor.Event_SHUTDOWN:
		return errShutdown
	case executor.Event_ERROR:
		return errors.New(e.GetError().Message)
	}
	return nil
}

func (r *taskRunner) onLaunch(ctx context.Context, task mesos.TaskInfo) {
	r.mutex.Lock()
	r.tasks[task.TaskID.Value] = task
	r.running[task.TaskID.Value] = task
	r.mutex.Unlock()
	r.update(ctx, task, mesos.TASK_RUNNING, true)
	if string(task.Data) == "finish" {
		r.end(ctx, task, mesos.TASK_FINISHED, true)
	}
}

func (r *taskRunner) onKill(ctx context.Context, id string) {
	if task, known := r.running[id]; known {
		r.end(ctx, task, mesos.TASK_KILLED, true)
	}
}

func (r *taskRunner) onLost() {
	for _, task := range r.running {
		if string(task.Data) == "finish-while-away" {
			r.end(context.Background(), task, mesos.TASK_FINISHED, false)
		}
	}
}

func (r *taskRunner) end(ctx context.Context, task mesos.TaskInfo, state mesos.TaskState, send bool) {
	delete(r.running, task.TaskID.Value)
	r.update(ctx, task, state, send)
}

func (r *taskRunner) update(ctx context.Context, task mesos.TaskInfo, state mesos.TaskState, send bool) {
	id := uuid.NewRandom()
	now := float64(time.Now().UnixNano()) / 1e9
	status := mesos.TaskStatus{
		TaskID: task.TaskID, State: &state, Source: mesos.SOURCE_EXECUTOR.Enum(), ExecutorID: &r.id,
		UUID: []byte(id), Timestamp: &now, Data: []byte(r.self),
	}
	r.mutex.Lock()
	r.updates[id.String()] = executor.Call_Update{Status: status}
	r.mutex.Unlock()
	if send {
		r.send(ctx, calls.Update(status))
	}
}

// To the scheduler; such a message is lost when the agent has no master at that moment.
func (r *taskRunner) tell(ctx context.Context, text string) {
	kept := fmt.Sprintf("%d subscriptions, %d tasks, %d updates", r.subscribed, len(r.tasks), len(r.updates))
	r.send(ctx, calls.Message([]byte(fmt.Sprintf("%s; %s %s: %s", kept, r.self, r.named, text))))
}

// What is not taken now is told again with the next subscription.
func (r *taskRunner) send(ctx context.Context, call *executor.Call) {
	err := calls.SendNoData(ctx, r.sender, calls.NonStreaming(call))
	say(line{"called": call.GetType().String(), "fault": textOf(err)})
}
