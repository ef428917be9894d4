import math

import pytest
import torch

from viewsync.networks.delay import DenseDelay, HeatMap, MatrixBiLSTM, MatrixCNN
from viewsync.types import InputError

BIASES = ["as printed", "corrected"]


def distances(delay, frames=20):
    """Of clips that show where something on its way is, at its frame: symmetric, and 0 where they show the same."""
    frame = torch.arange(float(frames))
    return (frame[:, None] - frame - delay).abs()


def perfect(delay, frames=20):
    """1 where two frames show the same, 0 elsewhere."""
    return (distances(delay, frames) == 0).float()


def likeliest(head, matrix):
    return head.delays[int(head(matrix[None]).argmax())]


@pytest.mark.parametrize("head", [DenseDelay, MatrixCNN, MatrixBiLSTM])
@pytest.mark.parametrize("frames", [20, 7])
def test_every_parameter_has_a_gradient(head, frames):
    torch.manual_seed(0)
    made = head(frames)
    logits = made(torch.rand(16, frames, frames))
    assert logits.shape == (16, 2 * frames)
    logits.square().sum().backward()
    assert all(weights.grad is not None and bool(weights.grad.any()) for weights in made.parameters())


def test_dense_delay_is_as_large_as_printed():
    linear = [layer for layer in DenseDelay().layers if isinstance(layer, torch.nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(400, 64), (64, 32), (32, 40)]


def test_dense_delay_reads_the_matrix_row_by_row():
    made = DenseDelay(4)
    matrix = torch.rand(1, 4, 4)
    torch.testing.assert_close(made(matrix), made.layers[1:](matrix.reshape(1, 16)))


@pytest.mark.parametrize("head", [DenseDelay, MatrixCNN, MatrixBiLSTM])
def test_matrices_are_judged_by_themselves(head):
    made, matrices = head(6), torch.rand(3, 6, 6)
    torch.testing.assert_close(made(matrices)[1:2], made(matrices[1:2]))


@pytest.mark.parametrize("head", [DenseDelay(), MatrixCNN(), MatrixBiLSTM(), HeatMap(higher_is_alike=True)])
def test_the_classes_are_the_delays_from_minus_19_to_20(head):
    assert list(head.delays) == list(range(-19, 21))


@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("delay", range(-19, 20))
def test_heat_map_finds_the_diagonal_of_a_perfect_matrix(bias, delay):
    assert likeliest(HeatMap(higher_is_alike=True, bias=bias), perfect(delay)) == delay
    assert likeliest(HeatMap(higher_is_alike=False, bias=bias), 5 - perfect(delay)) == delay


@pytest.mark.parametrize("bias", BIASES)
def test_heat_map_of_clips_that_share_no_frame_has_no_answer(bias):
    logits = HeatMap(higher_is_alike=True, bias=bias)(perfect(20)[None])[0]
    assert logits[-1] == 0
    # Each row's maximum is anywhere: every diagonal has as many as by chance.
    expected = torch.tensor([max(20 - abs(delay), 0) / 20 for delay in range(-19, 21)])
    torch.testing.assert_close(logits, expected if bias == "as printed" else torch.zeros(40), atol=1e-5, rtol=0)


@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("delay", range(-18, 19))
def test_swapped_clips_have_the_opposite_delay(bias, delay):
    head = HeatMap(higher_is_alike=False, bias=bias)
    logits, swapped = head(torch.stack([distances(delay), distances(delay).T]))
    torch.testing.assert_close(logits[:39].flip(0), swapped[:39])
    assert likeliest(head, distances(delay).T) == -delay


@pytest.mark.parametrize("bias", BIASES)
def test_heat_map_knows_no_scale(bias):
    head, matrix = HeatMap(8, higher_is_alike=False, bias=bias), torch.rand(5, 8, 8)
    torch.testing.assert_close(head(matrix), head(matrix.exp() * 100))


def chance_of_five():
    """Five frames at a delay of 3: frames 3 and 4 find theirs, while 0, 1, 2 have none, and happen to find 0, 1, 2."""
    matrix = torch.zeros(5, 5)
    for row, column in enumerate([0, 1, 2, 0, 1]):
        matrix[row, column] = 1.0
    return matrix


def test_as_printed_the_longest_diagonal_wins_by_chance():
    head = HeatMap(5, higher_is_alike=True)
    # Delays -4 ... 5; the maxima lie on the diagonals of 0, 0, 0, 3, 3.
    assert head(chance_of_five()[None]).tolist() == [[0, 0, 0, 0, 3, 0, 0, 2, 0, 0]]
    assert likeliest(head, chance_of_five()) == 0


def test_corrected_two_of_two_are_more_than_three_of_five():
    head = HeatMap(5, higher_is_alike=True, bias="corrected")
    assert likeliest(head, chance_of_five()) == 3
    by_hand = {
        # By chance, one in five.
        0: 3 * math.log(0.6 / 0.2) + 2 * math.log(0.4 / 0.8),
        3: 2 * math.log(1 / 0.2),
        # Of three and of one, none.
        2: 3 * math.log(0.8),
        -4: math.log(0.8),
        5: 0.0,
    }
    logits = head(chance_of_five()[None])[0]
    for delay, expected in by_hand.items():
        assert float(logits[delay + 4]) == pytest.approx(expected, abs=1e-6)


def test_rows_of_several_maxima_share_their_vote():
    matrix = torch.tensor([[1.0, 1.0], [0.0, 1.0]])
    assert HeatMap(2, higher_is_alike=True)(matrix[None]).tolist() == [[0.5, 1.5, 0, 0]]


def test_of_equal_diagonals_the_lowest_delay_is_taken():
    # Frame 0 finds frame 1, frame 1 finds frame 0.
    matrix = torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    for bias in BIASES:
        assert likeliest(HeatMap(2, higher_is_alike=True, bias=bias), matrix) == -1


@pytest.mark.parametrize("shape", [(1, 20, 19), (2, 7, 20)])
def test_matrices_of_other_clips_are_refused(shape):
    for head in (DenseDelay(), HeatMap(higher_is_alike=True)):
        with pytest.raises(InputError, match=f"matrix is {shape[1]} x {shape[2]}, but this network takes 20 x 20"):
            head(torch.zeros(shape))
